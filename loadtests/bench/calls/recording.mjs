import { chromium } from 'playwright-core'
import { FLAGS, openDirect, windowOf } from './windows.mjs'

/** @typedef {'Video and sound' | 'Sound only'} Kind */

/**
 * What recording a call of two with cameras costs the browser that records: cores that it uses without, and with each kind. The other person
 * has a browser of their own.
 * @param {string} url @param {number} seconds of each measurement
 */
export async function costOfRecording(url, seconds) {
  const launch = () => chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: FLAGS })
  const [here, there] = [await launch(), await launch()]
  try {
    const [ann, bob] = [await windowOf(here, url, 'Ann'), await windowOf(there, url, 'Bob')]
    await openDirect(ann.page, bob)
    await ann.page.getByRole('button', { name: 'Video call' }).click()
    await bob.page.getByRole('button', { name: 'Accept with video' }).click()
    await ann.page.locator('[data-people="2"][data-link="connected"]').waitFor()
    const without = await coresOf(here, seconds)
    /** @type {[Kind, number][]} */
    const costs = []
    for (const kind of /** @type {Kind[]} */ (['Sound only', 'Video and sound'])) {
      await record(ann.page, kind)
      await bob.page.getByRole('button', { name: 'Agree' }).click()
      costs.push([kind, await coresOf(here, seconds)])
      await ann.page.getByRole('button', { name: 'Stop', exact: true }).click()
      await ann.page.locator('[data-recording]').waitFor({ state: 'detached' })
    }
    return { without, costs }
  } finally {
    await Promise.all([here.close(), there.close()])
  }
}

/** @param {import('playwright-core').Page} page @param {Kind} kind */
async function record(page, kind) {
  await page.getByRole('button', { name: 'Call settings' }).click()
  await page.getByRole('button', { name: 'Record call' }).click()
  await page.getByText(kind, { exact: true }).click()
  await page.getByRole('button', { name: 'Start recording' }).click()
  await page.getByText('You’re recording this call').waitFor()
}

/** Processor time of all processes of a browser in a second. @param {import('playwright-core').Browser} browser @param {number} seconds */
async function coresOf(browser, seconds) {
  const session = await browser.newBrowserCDPSession()
  const used = async () =>
    (await session.send('SystemInfo.getProcessInfo')).processInfo.reduce((sum, { cpuTime }) => sum + cpuTime, 0)
  const [before, began] = [await used(), performance.now()]
  await new Promise((resolve) => setTimeout(resolve, seconds * 1_000))
  return ((await used()) - before) / ((performance.now() - began) / 1_000)
}
