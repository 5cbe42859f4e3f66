// Counts the requests and bytes of a first visit, and when its screens can be used: a cold browser, everything that it fetches, with headers.
// node bench/web/first-visit.mjs [--url http://127.0.0.1:8080] [--runs 3] [--locale ru-RU] [--slow 4] [--paths] (without --url: starts its own platform)
import { parseArgs } from 'node:util'
import { newId } from '@beseda/kernel'
import { GroupKind } from '@beseda/proto/group/v1/events'
import { PASSWORD, Person } from '@beseda/testkit'
import { chromium } from 'playwright-core'
import { table } from '../lib/table.mjs'
import { onInstallation } from './on-installation.mjs'
import { countingProxy } from './wire.mjs'

const { values } = parseArgs({
  options: {
    url: { type: 'string' },
    runs: { type: 'string', default: '3' },
    locale: { type: 'string', default: 'en-US' },
    /** How many times slower the processor is. */
    slow: { type: 'string', default: '1' },
    paths: { type: 'boolean', default: false },
  },
})
/** After this long without a byte a visit has fetched what it fetches. */
const QUIET_MS = 3_000
/** The goals of a visit that stays at the sign-in: KB until it can be used, KB and requests in all. */
const GOALS = { usableKb: 160, allKb: 350, allRequests: 30 }

/** @typedef {import('playwright-core').Page} Page @typedef {import('./wire.mjs').Wire} Wire @typedef {{ username: string, groupId: string }} Visitor */
/** @typedef {{ screen: string, requests: number, kb: number, paintMs: number, usableMs: number }} Row */

/** Somebody with a conversation. @param {string} url @returns {Promise<Visitor>} */
async function visitor(url) {
  const person = await Person.register(url, 'Ann')
  const { group } = await person.groups.createGroup({ commandId: newId(), kind: GroupKind.CHANNEL, name: 'Chess' })
  return { username: person.username, groupId: group?.id ?? '' }
}

/** Notes in the page when an element first is on the screen: the frame after it was added. @param {string} selector */
function noteWhenThere(selector) {
  const watch = new MutationObserver(() => {
    if (!document.querySelector(selector)) return
    watch.disconnect()
    requestAnimationFrame(() =>
      setTimeout(() => {
        performance.mark('usable')
        // Counted by visit().
        Reflect.get(window, 'countUntilUsable')()
      }),
    )
  })
  watch.observe(document, { childList: true, subtree: true })
}
/** @param {Page} page */
const timesOf = (page) =>
  page.evaluate(() => ({
    paintMs: performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? Number.NaN,
    usableMs: performance.getEntriesByName('usable')[0]?.startTime ?? Number.NaN,
  }))

/** The worker has fetched what it keeps. @param {Page} page */
const workerDone = (page) =>
  page.evaluate(async () => {
    const { active } = await navigator.serviceWorker.ready
    while (active && active.state !== 'activated')
      await new Promise((resolve) => active.addEventListener('statechange', resolve, { once: true }))
  })

/** @param {import('playwright-core').Browser} browser @param {string} url @param {Visitor} visitor @param {boolean} signsIn */
async function visit(browser, url, { username, groupId }, signsIn) {
  const proxy = await countingProxy(url)
  const context = await browser.newContext({
    baseURL: proxy.url,
    locale: values.locale,
    viewport: { width: 390, height: 844 },
  })
  const page = await context.newPage()
  await page.addInitScript(noteWhenThere, 'input[name=username]')
  if (Number(values.slow) > 1) {
    const devtools = await context.newCDPSession(page)
    await devtools.send('Emulation.setCPUThrottlingRate', { rate: Number(values.slow) })
  }
  /** @type {Row[]} */
  const rows = []
  const row = (
    /** @type {string} */ screen,
    times = { paintMs: Number.NaN, usableMs: Number.NaN },
    { requests, bytes, paths } = proxy.soFar(),
  ) => {
    rows.push({ screen, requests, kb: bytes / 1024, ...times })
    if (values.paths) console.error(`\n${screen}\n${paths.join('\n')}`)
  }
  /** @type {Wire | undefined} */
  let untilUsable
  await page.exposeFunction('countUntilUsable', () => {
    untilUsable = proxy.soFar()
  })
  await page.goto(`/c/${groupId}`, { waitUntil: 'commit' })
  await page.locator('input[name=username]').fill(username)
  await page.locator('input[name=password]').fill(PASSWORD)
  row('sign-in', await timesOf(page), untilUsable)
  if (signsIn) {
    const began = performance.now()
    await page.locator('button[type=submit]').click()
    await page.getByRole('log').waitFor()
    await page.locator('textarea').fill('hello')
    row('conversation', { paintMs: Number.NaN, usableMs: performance.now() - began })
  }
  await workerDone(page)
  await proxy.quiet(QUIET_MS)
  row(signsIn ? 'conversation, in all' : 'sign-in, in all')
  await context.close()
  proxy.stop()
  return rows
}

/** @param {readonly number[]} list */
function middle(list) {
  const sorted = list.filter(Number.isFinite).toSorted((a, b) => a - b)
  const [least, most] = [sorted[0], sorted.at(-1)]
  if (least === undefined || most === undefined) return ''
  const round = (/** @type {number} */ one) => (one >= 100 ? one.toFixed(0) : one.toFixed(1))
  const median = round(sorted[Math.floor(sorted.length / 2)] ?? least)
  return round(least) === round(most) ? median : `${median} (${round(least)} to ${round(most)})`
}

/** @param {string} url */
async function measure(url) {
  const someone = await visitor(url)
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-background-networking',
      '--disable-component-update',
      '--no-first-run',
    ],
  })
  /** @type {Map<string, Row[]>} */
  const seen = new Map()
  try {
    for (let run = 0; run < Number(values.runs); run++)
      for (const signsIn of [false, true])
        for (const row of await visit(browser, url, someone, signsIn))
          seen.set(row.screen, [...(seen.get(row.screen) ?? []), row])
  } finally {
    await browser.close()
  }
  const cells = [...seen].map(([screen, rows]) => [
    screen,
    ...[rows.map(({ requests }) => requests), rows.map(({ kb }) => kb)].map(middle),
    ...[rows.map(({ paintMs }) => paintMs), rows.map(({ usableMs }) => usableMs)].map(middle),
  ])
  console.log(table(['first visit, until', 'requests', 'KB', 'first paint, ms', 'usable, ms'], cells))
  const most = (/** @type {string} */ screen, /** @type {'kb' | 'requests'} */ of) =>
    Math.max(...(seen.get(screen) ?? []).map((row) => row[of]))
  const missed =
    most('sign-in', 'kb') > GOALS.usableKb ||
    most('sign-in, in all', 'kb') > GOALS.allKb ||
    most('sign-in, in all', 'requests') > GOALS.allRequests
  if (missed) console.log(`\n(!) a goal is missed: ${JSON.stringify(GOALS)}`)
  process.exitCode = missed ? 1 : 0
}

await onInstallation(values.url, measure)
