import { Installation } from '@beseda/testkit'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { withBrowser } from '../support/browser.js'
import { callDirect, callWindow, codeOf, hears, linked, packets, pair, participants, press } from '../support/calls.js'
import { swapFingerprints } from '../support/lying-gateway.js'
import { openDirect } from '../support/people.js'

/** Calls while parts of the platform fail: media continue, and everything recovers without a click. */
/** A short ring timeout instead of 45 s. */
const RING_S = 6
let beseda: Installation
beforeAll(async () => {
  beseda = await Installation.start({ CALLS_RING_S: String(RING_S) })
})
afterAll(() => beseda?.stop())
let browser: Browser
withBrowser((launched) => {
  browser = launched
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
  await expect.poll(() => participants(ann.page).catch(() => 0), { interval: 500 }).toBe(2)
  await Promise.all([hears(ann.page, 1), hears(bob.page, 1)])
  expect(await ann.page.locator('[data-people="2"][data-link="connected"]').count()).toBe(1)
  await press(bob.page, 'Hang up')
  await ann.page.getByText('Call ended').first().waitFor()
})

test('a gateway that swaps fingerprints hears nothing, and both people see why', async () => {
  const [ann, bob] = await pair(browser, beseda)
  await swapFingerprints(bob.page)
  await bob.page.reload()
  await openDirect(ann.page, bob)
  await ann.page.getByRole('button', { name: 'Audio call' }).click()
  await bob.page.getByRole('button', { name: 'Accept', exact: true }).click()
  await callWindow(bob.page).waitFor()
  const began = performance.now()
  await Promise.all([
    callWindow(ann.page).getByText('connection details were changed on the way').waitFor(),
    callWindow(bob.page).getByText('connection details were changed on the way').waitFor(),
  ])
  process.stdout.write(`a swapped fingerprint is told after ${Math.round(performance.now() - began)} ms\n`)
  expect(await Promise.all([ann, bob].map(({ page }) => packets(page, 'audio')))).toEqual([0, 0])
  await press(ann.page, 'Hang up')
})

test('people compare codes; a key that is another one later connects to nobody who has, until they accept it', async () => {
  const [ann, bob] = await pair(browser, beseda)
  await callDirect(ann, bob)
  expect(await codeOf(ann.page)).toBe(await codeOf(bob.page))
  await press(ann.page, 'Codes match')
  await callWindow(ann.page).getByText('You’ve compared codes with everyone here.').waitFor()
  await press(ann.page, 'Hang up')
  await callWindow(bob.page).waitFor({ state: 'detached' })
  // Another key of the same device, as after site data was deleted.
  await bob.page.evaluate(() => indexedDB.deleteDatabase('beseda.keys'))
  await bob.page.reload()
  await ann.page.getByRole('button', { name: 'Audio call' }).click()
  await bob.page.getByRole('button', { name: 'Accept', exact: true }).click()
  await Promise.all([
    callWindow(ann.page).getByText('security key is different from the one you verified').waitFor(),
    callWindow(bob.page).getByText('verified another key of yours').waitFor(),
  ])
  await press(ann.page, 'Connect anyway')
  await Promise.all([linked(ann.page, 2), linked(bob.page, 2)])
  await Promise.all([hears(ann.page, 1), hears(bob.page, 1)])
  await press(bob.page, 'Hang up')
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
