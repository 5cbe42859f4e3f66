import { Installation, startCoturn, type TestTurn } from '@beseda/testkit'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { passesAxe } from '../support/axe.js'
import { withBrowser } from '../support/browser.js'
import { callWindow, linked } from '../support/calls.js'
import { openDirect, personAtWindow } from '../support/people.js'

/** The self-test page of calls, and calls without a mouse. */
let turn: TestTurn
let beseda: Installation
beforeAll(async () => {
  turn = await startCoturn()
  const urls = ['udp', 'tcp'].map((transport) => `turn:127.0.0.1:${turn.port}?transport=${transport}`).join(',')
  beseda = await Installation.start({ TURN_URLS: urls, TURN_SECRET: turn.secret })
})
afterAll(async () => {
  await beseda?.stop()
  await turn?.stop()
})
let browser: Browser
withBrowser((launched) => {
  browser = launched
})

/** Presses Tab until the control of that name has the focus. */
async function tabTo(page: Page, name: string): Promise<void> {
  for (let i = 0; i < 40; i++) {
    await page.keyboard.press('Tab')
    const label = await page.evaluate(() => {
      const { activeElement } = document
      return activeElement?.getAttribute('aria-label') ?? activeElement?.textContent?.trim()
    })
    if (label === name) return
  }
  throw new Error(`Tab never reached ${name}`)
}

test('each requirement of a call is tested, and the result is explained', async () => {
  const ann = await personAtWindow(browser, beseda.url, 'Ann Petrova')
  await ann.page.goto('/self-test')
  const states = () =>
    ann.page
      .locator('[data-check]')
      .evaluateAll((rows) => rows.map((row) => `${row.getAttribute('data-check')} ${row.getAttribute('data-state')}`))
  await expect
    .poll(states, { interval: 200 })
    .toEqual([
      'browser ok',
      'camera ok',
      'microphone ok',
      'gateway ok',
      'stun ok',
      'turnUdp ok',
      'turnTcp ok',
      'turnTls absent',
    ])
  await ann.page.getByText('Relay reachable').first().waitFor()
  await passesAxe(ann.page, 'axe-self-test-dark-desktop', 'main')
  await turn.process.kill()
  await ann.page.getByRole('button', { name: 'Test again' }).click()
  await ann.page.locator('[data-check="turnTcp"][data-state="failed"]').waitFor()
  await ann.page.getByText('Relay not reachable').first().waitFor()
  expect(ann.errors).toEqual([])
})

test('a call is made, muted and ended by keyboard alone', async () => {
  const ann = await personAtWindow(browser, beseda.url, 'Ann Petrova')
  const bob = await personAtWindow(browser, beseda.url2, 'Bob')
  await openDirect(ann.page, bob)
  await tabTo(ann.page, 'Audio call')
  await ann.page.keyboard.press('Enter')
  await bob.page.getByRole('alertdialog').waitFor()
  await tabTo(bob.page, 'Accept')
  await bob.page.keyboard.press('Enter')
  await Promise.all([linked(ann.page, 2), linked(bob.page, 2)])
  await ann.page.keyboard.press('m')
  await callWindow(ann.page).getByRole('button', { name: 'Unmute' }).waitFor()
  await tabTo(ann.page, 'Hang up')
  await ann.page.keyboard.press('Enter')
  await callWindow(bob.page).waitFor({ state: 'detached' })
})
