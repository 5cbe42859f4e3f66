import { AxeBuilder } from '@axe-core/playwright'
import { Installation } from '@beseda/testkit'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { launchBrowser, openWindow } from './support/browser.js'
import { createGroup, registerInBrowser, say } from './support/people.js'
import { shoot } from './support/shots.js'

/** Every screen passes axe (WCAG 2.1 A and AA), by day, by night and in high contrast, cosy and compact, on the desktop and on a phone. */
let beseda: Installation
let browser: Browser
beforeAll(async () => {
  ;[beseda, browser] = await Promise.all([Installation.start(), launchBrowser()])
})
afterAll(async () => {
  await browser?.close()
  await beseda?.stop()
})

/** The other looks of the same screen: only colours and sizes change, so only those are looked at again. */
const LOOKS = [
  { theme: 'light', contrast: 'more', density: 'compact' },
  { theme: 'dark', contrast: 'more', density: 'cosy' },
] as const

async function problems(page: Page): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page }).withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa']).analyze()
  const found = violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 160)}`))
  const before = await page.evaluate(() => ({ ...document.documentElement.dataset }))
  for (const look of LOOKS) {
    await page.evaluate(async (wanted) => {
      Object.assign(document.documentElement.dataset, wanted)
      for (let frames = 0; frames < 3; frames++) await new Promise(requestAnimationFrame)
    }, look)
    const again = await new AxeBuilder({ page }).withRules(['color-contrast']).analyze()
    for (const { id, nodes } of again.violations)
      found.push(...nodes.map(({ html }) => `${id} (${Object.values(look).join(', ')}): ${html.slice(0, 160)}`))
  }
  await page.evaluate((kept) => {
    const { dataset } = document.documentElement
    delete dataset.contrast
    Object.assign(dataset, kept)
  }, before)
  return found
}

async function chooseInGroupMenu(page: Page, item: string): Promise<void> {
  await page.getByRole('button', { name: 'More about this group' }).click()
  await page.getByRole('menuitem', { name: item }).click()
}

/** Panels, menus and dialogs that open from a conversation. */
async function aroundMessages(page: Page, phone: boolean, name: string): Promise<void> {
  const check = async (screen: string) => {
    expect(await problems(page), screen).toEqual([])
    await shoot(page, `${screen}-${name}`)
  }
  const article = page.getByRole('log', { name: 'Messages' }).getByRole('article').first()
  await article.hover()
  await article.getByRole('button', { name: 'React', exact: true }).click()
  await page.getByRole('button', { name: '🔥 fire' }).click()
  await article.getByRole('button', { name: /🔥 1 by/ }).waitFor()
  await article.getByRole('button', { name: /Profile of/ }).click()
  await page.getByRole('dialog', { name: 'Ann Access' }).waitFor()
  await check('profile')
  await page.keyboard.press('Escape')
  await article.hover()
  await article.getByRole('button', { name: 'More' }).click()
  await page.getByRole('menuitem', { name: 'Thread' }).waitFor()
  await check('message-menu')
  await page.getByRole('menuitem', { name: 'Thread' }).click()
  const panel = (title: string) => page.getByRole('complementary', { name: title })
  await panel('Thread').getByRole('textbox', { name: 'Message' }).waitFor()
  await check('thread')
  await panel('Thread').getByRole('button', { name: 'Close' }).click()
  await page.getByRole('button', { name: 'Search', exact: true }).click()
  await panel('Search').getByRole('searchbox').fill('world')
  await panel('Search').getByText('Hello world').waitFor()
  await check('search')
  await panel('Search').getByRole('button', { name: 'Close' }).click()
  await chooseInGroupMenu(page, 'Group settings')
  for (const tab of [
    'Overview',
    'Rules',
    'Permissions',
    'Requests',
    'Bans',
    'Webhooks',
    'Audit log',
    'Export',
    'Archive, delete',
  ]) {
    await page.getByRole('tab', { name: tab }).click()
    await page.getByRole('tabpanel', { name: tab }).waitFor()
    await check(`settings-${tab.split(/[ ,]/)[0]?.toLowerCase()}`)
  }
  await page.keyboard.press('Escape')
  await page.keyboard.press('Control+k')
  await page.getByRole('combobox', { name: 'Go to or do' }).waitFor()
  await check('palette')
  await page.keyboard.press('Escape')
  await page.keyboard.press('Control+/')
  await page.getByRole('dialog', { name: 'Keyboard shortcuts' }).waitFor()
  await check('help')
  await page.keyboard.press('Escape')
  if (phone) return
  await page.getByRole('button', { name: 'New conversation' }).first().click()
  await page.getByRole('menuitem', { name: 'Find groups' }).click()
  await page.getByRole('dialog', { name: 'Find groups' }).waitFor()
  await check('discover')
  await page.keyboard.press('Escape')
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
  // A colour on its way to another is neither.
  await page.emulateMedia({ reducedMotion: 'reduce' })
  expect(await problems(page)).toEqual([])
  await createGroup(page, 'Readers', [])
  await say(page, 'Hello **world** with `code` and https://example.org\n> and a quote')
  await page.getByRole('log').getByText('world').waitFor()
  expect(await problems(page)).toEqual([])
  await aroundMessages(page, phone, `${colorScheme}-${phone ? 'phone' : 'desktop'}`)
  if (phone) await chooseInGroupMenu(page, 'Invite people')
  else await page.getByRole('button', { name: 'Invite people' }).click()
  await page.getByRole('button', { name: 'Create link' }).click()
  await page.getByRole('textbox', { name: 'Invite link' }).waitFor()
  expect(await problems(page)).toEqual([])
  await page.keyboard.press('Escape')
  if (phone) await page.getByRole('link', { name: 'Back' }).click()
  await page.getByRole('button', { name: 'Settings', exact: true }).click()
  await page.getByText('This device', { exact: true }).waitFor()
  expect(await problems(page)).toEqual([])
})

test.each(['light', 'dark', 'light-more', 'dark-more'])('every component in every state: %s', async (look) => {
  const { page, context } = await openWindow(browser, beseda.url)
  await page.emulateMedia({ reducedMotion: 'reduce' })
  for (const density of ['cosy', 'compact']) {
    await page.goto(`/dev/ui?look=${look}&density=${density}`)
    await page.getByRole('heading', { name: 'Components' }).waitFor()
    const { violations } = await new AxeBuilder({ page })
      .withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa'])
      .analyze()
    expect(violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 160)}`))).toEqual([])
    await shoot(page, `components-${look}-${density}`)
  }
  await context.close()
})
