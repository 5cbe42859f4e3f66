// Measures how long a click on a conversation takes until it is painted, and how far things move by themselves: on a change, and on a first visit.
// node bench/web/switch.mjs [--url http://127.0.0.1:8080] [--runs 3] [--conversations 20] [--changes 60] (without --url: starts its own platform)
import { loadavg } from 'node:os'
import { parseArgs } from 'node:util'
import { newId } from '@beseda/kernel'
import { GroupKind } from '@beseda/proto/group/v1/events'
import { PASSWORD, Person } from '@beseda/testkit'
import { chromium } from 'playwright-core'
import { Random } from '../lib/random.mjs'
import { RUNS, report } from '../lib/report.mjs'
import { inMs } from '../lib/table.mjs'
import { Speech } from '../lib/words.mjs'
import { onInstallation } from './on-installation.mjs'

const { values } = parseArgs({
  options: {
    url: { type: 'string' },
    runs: RUNS,
    conversations: { type: 'string', default: '20' },
    changes: { type: 'string', default: '60' },
  },
})
/** Goals on a quiet machine, with this many others beside it. */
const GOALS = { p50Ms: 50, p95Ms: 120, shiftOnChange: 0, shiftOnVisit: 0.01 }
/** More than one screen of messages; two conversations of them are what a person may post at once. */
const MESSAGES = 25
const EACH_FRIEND = 2

/** Somebody with conversations that have something to paint. @param {string} url */
async function talker(url) {
  const person = await Person.register(url, 'Ann')
  const [random, speech] = [new Random(1), new Speech()]
  /** @type {string[]} */
  const ids = []
  let friend = person
  for (let i = 0; i < Number(values.conversations); i++) {
    if (i % EACH_FRIEND === 0) friend = await Person.register(url, `Friend ${i}`)
    const about = { kind: GroupKind.GROUP, name: `Conversation ${i}`, memberIds: [person.userId] }
    const { group } = await friend.groups.createGroup({ commandId: newId(), ...about })
    const groupId = group?.id ?? ''
    ids.push(groupId)
    for (let n = 0; n < MESSAGES; n++) {
      await friend.groups.postMessage({ messageId: newId(), groupId, text: speech.sentence(random) })
    }
  }
  return { username: person.username, ids }
}

/** In the page: what has moved without a cause since the last question, whether or not somebody has just clicked. */
function watchShifts() {
  let shifted = 0
  const add = (/** @type {PerformanceEntryList} */ entries) => {
    for (const entry of entries) shifted += Reflect.get(entry, 'value')
  }
  const observer = new PerformanceObserver((list) => add(list.getEntries()))
  observer.observe({ type: 'layout-shift', buffered: true })
  Object.assign(window, {
    shiftedSince: () => {
      add(observer.takeRecords())
      const since = shifted
      shifted = 0
      return since
    },
  })
}

/** In the page: from the click to the frame in which the conversation's messages are, ms. @param {string} groupId @returns {Promise<number>} */
function changeTo(groupId) {
  const row = document.querySelector(`[data-key="${groupId}"]`)
  const link = row?.matches('a, button') ? row : row?.querySelector('a, button')
  const before = document.querySelector('[role=log]')
  return new Promise((resolve) => {
    const began = performance.now()
    const look = () => {
      const log = document.querySelector('[role=log]')
      if (!log || log === before || !log.querySelector('[data-message]')) return
      watch.disconnect()
      // The frame is painted when the next task begins.
      requestAnimationFrame(() => setTimeout(() => resolve(performance.now() - began)))
    }
    const watch = new MutationObserver(look)
    watch.observe(document, { childList: true, subtree: true })
    if (link instanceof HTMLElement) link.click()
  })
}
const shifted = (/** @type {import('playwright-core').Page} */ page) =>
  page.evaluate(() => /** @type {() => number} */ (Reflect.get(window, 'shiftedSince'))())

/** @param {import('playwright-core').Browser} browser @param {string} url @param {{ username: string, ids: readonly string[] }} who */
async function visit(browser, url, { username, ids }) {
  const context = await browser.newContext({ baseURL: url, viewport: { width: 1280, height: 800 }, locale: 'en-US' })
  const page = await context.newPage()
  await page.addInitScript(watchShifts)
  await page.goto('/')
  await page.locator('input[name=username]').fill(username)
  // What arrives late, such as the ways to sign in.
  await page.waitForLoadState('networkidle')
  const atSignIn = await shifted(page)
  await page.locator('input[name=password]').fill(PASSWORD)
  await page.locator('button[type=submit]').click()
  await page.locator(`[data-key="${ids[0]}"]`).waitFor()
  await page.waitForLoadState('networkidle')
  const atList = await shifted(page)
  /** @type {number[]} */
  const first = []
  /** @type {number[]} */
  const again = []
  /** @type {number[]} */
  const shifts = []
  for (let i = 0; i < Number(values.changes); i++) {
    const ms = await page.evaluate(changeTo, ids[i % ids.length] ?? '')
    ;(i < ids.length ? first : again).push(ms)
    // What comes after the first paint moves things as well.
    await page.waitForTimeout(150)
    shifts.push(await shifted(page))
  }
  await context.close()
  return { atSignIn, atList, first, again, shifts }
}

const at = (/** @type {readonly number[]} */ list, /** @type {number} */ share) => {
  const sorted = list.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0
}
const four = (/** @type {number} */ shift) => shift.toFixed(4)

/** @param {string} url */
async function measure(url) {
  const who = await talker(url)
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update'],
  })
  let missed = false
  const heads = [
    ['click to painted conversation', 'p50, ms', 'p95', 'longest'],
    ['layout shift', 'most', 'in all'],
    ['load of the machine', '1 minute'],
  ]
  try {
    await report(Number(values.runs), heads, async () => {
      const { atSignIn, atList, first, again, shifts } = await visit(browser, url, who)
      const most = Math.max(...shifts)
      missed ||=
        at(again, 0.5) > GOALS.p50Ms ||
        at(again, 0.95) > GOALS.p95Ms ||
        most > GOALS.shiftOnChange ||
        atSignIn + atList > GOALS.shiftOnVisit
      const times = (/** @type {string} */ what, /** @type {readonly number[]} */ list) => [
        what,
        ...[at(list, 0.5), at(list, 0.95), Math.max(...list)].map(inMs),
      ]
      return [
        [times('the first time', first), times('again', again)],
        [
          ['first visit, sign-in', four(atSignIn), four(atSignIn)],
          ['first visit, list', four(atList), four(atList)],
          [`${shifts.length} changes of conversation`, four(most), four(shifts.reduce((sum, one) => sum + one, 0))],
        ],
        [['load', (loadavg()[0] ?? 0).toFixed(1)]],
      ]
    })
  } finally {
    await browser.close()
  }
  if (missed) console.log(`\n(!) a goal is missed: ${JSON.stringify(GOALS)}`)
  process.exitCode = missed ? 1 : 0
}

await onInstallation(values.url, measure)
