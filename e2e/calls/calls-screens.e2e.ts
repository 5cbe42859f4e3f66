import type { Browser, Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { passesAxe } from '../support/axe.js'
import { withBrowser } from '../support/browser.js'
import { callWindow, linked, press, tile } from '../support/calls.js'
import { createGroup, personAtWindow } from '../support/people.js'
import { sharedInstallation } from '../support/shared-installation.js'

/** Every screen of calls: light and dark, on a desktop and a phone, and for screen readers. */
const beseda = sharedInstallation()
let browser: Browser
withBrowser((launched) => {
  browser = launched
})

const LOBBY = '[role="dialog"]'
const WINDOW = '[role="dialog"][data-link]'
const CARD = '.menu'

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

test.each([
  ['dark', false],
  ['light', true],
] as const)('by %s, on a phone: %s', async (colorScheme, phone) => {
  const look = `${colorScheme}-${phone ? 'phone' : 'desktop'}`
  const ann = await personAtWindow(browser, beseda.url, 'Ann Petrova', { colorScheme, phone })
  const bob = await personAtWindow(browser, beseda.url2, 'Боб Иванов', { colorScheme, phone })
  await createGroup(ann.page, 'Tea room', [bob])
  await ann.page.getByRole('button', { name: 'Audio call' }).click()
  const lobby = ann.page.getByRole('dialog', { name: 'Tea room' })
  await lobby.getByRole('button', { name: 'Turn camera on' }).click()
  await lobby.locator('video').waitFor()
  await passesAxe(ann.page, `axe-lobby-${look}`, LOBBY)
  await tabTo(ann.page, 'Start call')
  await ann.page.keyboard.press('Enter')
  await callWindow(ann.page).waitFor()
  await passesAxe(ann.page, `axe-call-alone-${look}`, WINDOW)

  await bob.page.getByRole('alertdialog', { name: 'Ann Petrova is calling' }).waitFor()
  await passesAxe(bob.page, `axe-incoming-${look}`, '[role="alertdialog"]')
  await bob.page.getByRole('button', { name: 'Accept', exact: true }).press('Enter')
  await Promise.all([linked(ann.page, 2), linked(bob.page, 2)])
  await passesAxe(ann.page, `axe-call-two-${look}`, WINDOW)

  await ann.page.keyboard.press('i')
  await ann.page.getByRole('complementary', { name: 'Connection statistics' }).getByText('kbit/s').first().waitFor()
  await passesAxe(ann.page, `axe-statistics-${look}`, WINDOW)
  await ann.page.keyboard.press('Escape')
  await ann.page.getByRole('complementary', { name: 'Connection statistics' }).waitFor({ state: 'detached' })
  await press(ann.page, 'Call settings')
  await ann.page.getByRole('combobox', { name: 'Microphone' }).waitFor()
  await passesAxe(ann.page, `axe-devices-${look}`, CARD)
  await ann.page.keyboard.press('Escape')
  await tile(ann.page, 'Боб Иванов').getByRole('button').press('Enter')
  await ann.page.getByRole('slider', { name: 'Volume' }).waitFor()
  await passesAxe(ann.page, `axe-tile-${look}`, CARD)
  await ann.page.keyboard.press('Escape')
  await press(ann.page, 'Minimize')
  await passesAxe(ann.page, `axe-small-${look}`, WINDOW)

  await press(bob.page, 'Hang up')
  await callWindow(bob.page).waitFor({ state: 'detached' })
  await bob.page
    .getByRole('link', { name: /Tea room/ })
    .last()
    .click()
  await bob.page.getByRole('region', { name: 'Call in progress' }).waitFor()
  await passesAxe(bob.page, `axe-banner-${look}`, 'section[aria-label="Call in progress"]')
  await press(ann.page, 'Hang up')
  expect([...ann.errors, ...bob.errors]).toEqual([])
})
