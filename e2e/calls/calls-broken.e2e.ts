import { Installation } from '@beseda/testkit'
import type { Browser } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { launchBrowser } from '../support/browser.js'
import { callDirect, callWindow, hears, linked, pair, participants, press } from '../support/calls.js'
import { openDirect } from '../support/people.js'

/** Calls while parts of the platform fail: media continue, and everything recovers without a click. */
/** A short ring timeout instead of 45 s. */
const RING_S = 6
let beseda: Installation
let browser: Browser
beforeAll(async () => {
  ;[beseda, browser] = await Promise.all([Installation.start({ CALLS_RING_S: String(RING_S) }), launchBrowser()])
})
afterAll(async () => {
  await browser?.close()
  await beseda?.stop()
})
afterEach(async () => {
  for (const context of browser.contexts()) await context.close()
})

test('a gateway that is killed in the middle of a negotiation loses no signal', async () => {
  const [ann, bob] = await pair(browser, beseda)
  await openDirect(ann.page, bob)
  await ann.page.getByRole('button', { name: 'Audio call' }).click()
  await bob.page.getByRole('button', { name: 'Accept', exact: true }).click()
  await callWindow(bob.page).waitFor()
  await beseda.kill('gateway')
  await Promise.all([linked(ann.page, 2), linked(bob.page, 2)])
  await Promise.all([hears(ann.page, 1), hears(bob.page, 1)])
  await press(ann.page, 'Hang up')
  await bob.page.getByText('Call ended').first().waitFor()
})

test('the call service is killed and Redis restarts empty: nobody notices, and the session is recreated', async () => {
  const [ann, bob] = await pair(browser, beseda)
  await callDirect(ann, bob)
  await beseda.kill('call')
  await Promise.all([hears(ann.page, 1), hears(bob.page, 1)])
  await beseda.kill('redis')
  await expect.poll(() => participants(ann.page).catch(() => 0), { timeout: 60_000, interval: 500 }).toBe(2)
  await Promise.all([hears(ann.page, 1), hears(bob.page, 1)])
  expect(await ann.page.locator('[data-people="2"][data-link="connected"]').count()).toBe(1)
  await press(bob.page, 'Hang up')
  await ann.page.getByText('Call ended').first().waitFor()
})

test('an unanswered call stops ringing after the timeout and becomes a missed call', async () => {
  const [ann, bob] = await pair(browser, beseda)
  await openDirect(ann.page, bob)
  const began = Date.now()
  await ann.page.getByRole('button', { name: 'Audio call' }).click()
  const card = bob.page.getByRole('alertdialog', { name: 'Ann Petrova is calling' })
  await card.waitFor()
  await card.waitFor({ state: 'detached' })
  expect(Date.now() - began).toBeGreaterThan((RING_S - 1) * 1_000)
  await bob.page.getByText('Missed call').first().waitFor()
  await callWindow(ann.page).waitFor({ state: 'detached' })
  await ann.page.locator('[data-call="unanswered"]').waitFor()
})
