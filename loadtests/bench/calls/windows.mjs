import { PASSWORD } from '@beseda/testkit'
import { chromium } from 'playwright-core'
import { keepConnections, showClock, takeCall, watchClock } from './in-page.mjs'

/** As the end-to-end tests start it (e2e/support/browser.ts). */
export const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--use-fake-device-for-media-stream',
  '--use-fake-ui-for-media-stream',
  '--autoplay-policy=no-user-gesture-required',
]

/** Two windows of people who call each other. @param {string} url @param {{ calls: number, seconds: number }} options */
export async function callInWindows(url, { calls, seconds }) {
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: FLAGS })
  try {
    const [ann, bob] = [await windowOf(browser, url, 'Ann'), await windowOf(browser, url, 'Bob')]
    await openDirect(ann.page, bob)
    /** @type {number[]} */
    const sound = []
    /** @type {number[]} */
    const picture = []
    for (let n = 0; n <= calls; n++) {
      await ann.page.getByRole('button', { name: 'Video call' }).click()
      await bob.page.getByRole('button', { name: 'Accept with video' }).waitFor()
      const times = await bob.page.evaluate(takeCall)
      if (n > 0) {
        sound.push(times.sound)
        picture.push(times.picture)
      }
      if (n < calls) await hangUp(ann.page, bob.page)
    }
    const latencies = await bob.page.evaluate(watchClock, seconds * 1_000)
    return { sound, picture, latencies }
  } finally {
    await browser.close()
  }
}

/** @param {import('playwright-core').Browser} browser @param {string} baseURL @param {string} displayName */
export async function windowOf(browser, baseURL, displayName) {
  const context = await browser.newContext({ baseURL, permissions: ['camera', 'microphone'], locale: 'en-US' })
  const page = await context.newPage()
  await page.addInitScript(keepConnections)
  await page.addInitScript(showClock)
  const username = `${displayName.toLowerCase()}${Date.now().toString(36)}`
  await page.goto('/')
  await page.getByRole('link', { name: 'Create an account' }).click()
  await page.getByLabel('Display name').fill(displayName)
  await page.getByLabel('Username').fill(username)
  await page.getByLabel('Password').fill(PASSWORD)
  await page.getByRole('button', { name: 'Create account' }).click()
  await page.getByRole('button', { name: 'New conversation' }).first().waitFor()
  return { page, username, displayName }
}

/** @param {import('playwright-core').Page} page @param {{ username: string, displayName: string }} person */
export async function openDirect(page, { username, displayName }) {
  await page.getByRole('button', { name: 'New conversation' }).first().click()
  await page.getByRole('menuitem', { name: 'Direct message' }).click()
  await page.getByLabel('Find people').fill(username)
  await page.getByRole('option', { name: `@${username}` }).click()
  await page.getByRole('heading', { name: displayName, level: 1 }).waitFor()
}

/** A person may start ten calls at once and ten a minute. @param {import('playwright-core').Page[]} pages */
async function hangUp(...pages) {
  const [caller] = pages
  await caller
    ?.getByRole('dialog', { name: /^Call with/ })
    .getByRole('button', { name: 'Hang up', exact: true })
    .click()
  await Promise.all(
    pages.map((page) => page.getByRole('dialog', { name: /^Call with/ }).waitFor({ state: 'detached' })),
  )
}
