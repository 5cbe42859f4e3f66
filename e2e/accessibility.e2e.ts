import { AxeBuilder } from '@axe-core/playwright'
import { Installation } from '@beseda/testkit'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { launchBrowser, openWindow } from './support/browser.js'
import { createGroup, registerInBrowser, say } from './support/people.js'

/** Every screen passes axe (WCAG 2.1 A and AA), by day and by night, on the desktop and on a phone. */
let beseda: Installation
let browser: Browser
beforeAll(async () => {
  ;[beseda, browser] = await Promise.all([Installation.start(), launchBrowser()])
})
afterAll(async () => {
  await browser?.close()
  await beseda?.stop()
})

async function problems(page: Page): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page }).withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa']).analyze()
  return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 160)}`))
}

test.each([
  ['light', false],
  ['dark', false],
  ['light', true],
  ['dark', true],
] as const)('%s, phone: %s', async (colorScheme, phone) => {
  const entrance = await openWindow(browser, beseda.url, { colorScheme, phone })
  await entrance.page.goto('/sign-in')
  await entrance.page.getByRole('button', { name: 'Sign in' }).waitFor()
  expect(await problems(entrance.page)).toEqual([])

  const { page } = await registerInBrowser(browser, beseda.url, 'Ann Access', { colorScheme, phone })
  expect(await problems(page)).toEqual([])
  await createGroup(page, 'Readers', [])
  await say(page, 'Hello **world** with `code` and https://example.org\n> and a quote')
  await page.getByRole('log').getByText('world').waitFor()
  expect(await problems(page)).toEqual([])
  await page.getByRole('button', { name: 'Invite people' }).click()
  await page.getByRole('button', { name: 'Create link' }).click()
  await page.getByRole('textbox', { name: 'Invite link' }).waitFor()
  expect(await problems(page)).toEqual([])
  await page.keyboard.press('Escape')
  if (phone) await page.getByRole('link', { name: 'Back' }).click()
  await page.getByRole('button', { name: 'Settings', exact: true }).click()
  await page.getByText('This device').waitFor()
  expect(await problems(page)).toEqual([])
})
