import type { Browser, Locator, Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { openWindow, withBrowser } from '../support/browser.js'
import { messages, PASSWORD, registerInBrowser, uniqueName } from '../support/people.js'
import { sharedInstallation } from '../support/shared-installation.js'

/** The main journey by keyboard alone. */
const beseda = sharedInstallation()
let browser: Browser
withBrowser((launched) => {
  browser = launched
})

const isFocused = (target: Locator) => target.evaluate((element) => element === document.activeElement)

/** A path with more Tab stops than this is too long to use. */
const MOST_TABS = 40
async function tabTo(page: Page, target: Locator): Promise<void> {
  await target.waitFor()
  for (let tabs = 0; tabs < MOST_TABS; tabs++) {
    if (await isFocused(target)) return
    await page.keyboard.press('Tab')
  }
  throw new Error(`Tab does not reach ${target}`)
}
async function fill(page: Page, label: string, text: string): Promise<void> {
  await tabTo(page, page.getByLabel(label, { exact: true }))
  await page.keyboard.type(text)
}
async function choose(page: Page, target: Locator): Promise<void> {
  await tabTo(page, target)
  await page.keyboard.press('Enter')
}
async function command(page: Page, words: string): Promise<void> {
  await page.keyboard.press('Control+k')
  const box = page.getByRole('combobox', { name: 'Quick switcher' })
  await box.waitFor()
  await page.keyboard.type(words)
  await page.getByRole('option', { selected: true }).first().waitFor()
  await page.keyboard.press('Enter')
  await box.waitFor({ state: 'detached' })
}

test('register, create a group with a person, write, reply, react, edit, change the theme, sign out', async () => {
  const bob = await registerInBrowser(browser, beseda.url, 'Bob Reader')
  const { page, errors } = await openWindow(browser, beseda.url)
  let pressed = 0
  await page.exposeFunction('mousePressed', () => pressed++)
  await page.addInitScript(() => {
    const { mousePressed } = window as unknown as { mousePressed(): void }
    addEventListener('pointerdown', () => mousePressed(), { capture: true })
  })
  await page.goto('/')
  await choose(page, page.getByRole('link', { name: 'Create an account' }))
  await fill(page, 'Username', uniqueName('keys'))
  await fill(page, 'Display name', 'Ann Keys')
  await fill(page, 'Password', PASSWORD)
  await page.keyboard.press('Enter')
  await page.getByText('Welcome to Beseda').waitFor()

  await page.keyboard.press('Alt+Shift+G')
  await fill(page, 'Group name', 'Without a mouse')
  await fill(page, 'Find people', bob.username)
  // Enter chooses, and does not create the group yet.
  await page.getByRole('option', { name: `@${bob.username}` }).waitFor()
  await page.keyboard.press('Enter')
  await page.getByRole('button', { name: 'Remove Bob Reader' }).waitFor()
  await choose(page, page.getByRole('button', { name: 'Create group' }))
  await page.getByRole('heading', { name: 'Without a mouse', level: 1 }).waitFor()

  const box = page.getByRole('textbox', { name: 'Message' })
  await tabTo(page, box)
  await page.keyboard.type('Hello by keys')
  await page.keyboard.press('Enter')
  const mine = messages(page).getByRole('article').first()
  await mine.getByText('Hello by keys').waitFor()

  await bob.page
    .getByRole('link', { name: /Without a mouse/ })
    .first()
    .click()
  await bob.page.getByRole('textbox', { name: 'Message' }).fill('I hear you')
  await bob.page.keyboard.press('Enter')
  const his = messages(page).getByRole('article').nth(1)
  await his.getByText('I hear you').waitFor()

  // F6 moves the focus back to the messages, arrows move through them, letters run the actions of their menu.
  await page.keyboard.press('Shift+F6')
  await page.keyboard.press('End')
  expect(await isFocused(his)).toBe(true)
  await choose(page, his.getByRole('button', { name: 'React', exact: true }))
  const other = page.getByRole('button', { name: /grinning/ }).first()
  await other.waitFor()
  await page.keyboard.type('fire')
  await other.waitFor({ state: 'detached' })
  await page.keyboard.press('Enter')
  await his.getByRole('button', { name: /🔥 1 by/ }).waitFor()

  await his.evaluate((article: HTMLElement) => article.focus())
  await page.keyboard.press('r')
  await tabTo(page, box)
  await page.keyboard.type('An answer with a mistale')
  await page.keyboard.press('Enter')
  await messages(bob.page).getByText('An answer with a mistale').waitFor()
  // Bob may have it before it has come back to Ann: her last message would be another one.
  await messages(page).getByText('An answer with a mistale').waitFor()
  await messages(page).getByLabel('Sending…').waitFor({ state: 'detached' })
  await page.keyboard.press('ArrowUp')
  await page.keyboard.press('End')
  await page.keyboard.press('Backspace')
  await page.keyboard.press('Backspace')
  await page.keyboard.type('ke')
  await page.keyboard.press('Enter')
  await messages(bob.page).getByText('An answer with a mistake').waitFor()

  await page.keyboard.press('Control+,')
  await tabTo(page, page.getByRole('radio', { name: 'System' }))
  await page.keyboard.press('ArrowLeft')
  expect(await page.evaluate(() => document.documentElement.dataset.contrast)).toBe('more')
  await page.keyboard.press('Escape')
  await page.getByRole('dialog').waitFor({ state: 'detached' })
  // Typed in a Russian keyboard layout: «theme: light».
  await command(page, 'еруьу: дшпре')
  expect(await page.evaluate(() => document.documentElement.dataset.theme)).toBe('light')

  await command(page, 'sign out')
  await page.getByRole('button', { name: 'Sign in' }).first().waitFor()
  expect(pressed).toBe(0)
  expect([...errors, ...bob.errors]).toEqual([])
})

test('shortcuts move through the conversations and the regions of the window; the help lists them', async () => {
  const { page, errors } = await registerInBrowser(browser, beseda.url, 'Ann Walker')
  for (const name of ['First', 'Second']) {
    await page.keyboard.press('Alt+Shift+G')
    await page.getByLabel('Group name').fill(name)
    await page.keyboard.press('Control+Enter')
    await page.getByRole('heading', { name, level: 1 }).waitFor()
  }
  await page.keyboard.press('Alt+ArrowDown')
  await page.getByRole('heading', { name: 'First', level: 1 }).waitFor()
  await page.keyboard.press('Alt+ArrowUp')
  await page.getByRole('heading', { name: 'Second', level: 1 }).waitFor()

  await command(page, 'fir')
  await page.getByRole('heading', { name: 'First', level: 1 }).waitFor()

  const regions = new Set<string>()
  for (let presses = 0; presses < 6; presses++) {
    await page.keyboard.press('F6')
    regions.add(
      await page.evaluate(() => document.activeElement?.closest('aside, [role="log"], textarea')?.tagName ?? ''),
    )
  }
  expect([...regions]).toEqual(expect.arrayContaining(['ASIDE', 'TEXTAREA']))

  await page.keyboard.press('Control+/')
  const help = page.getByRole('dialog', { name: 'Keyboard shortcuts' })
  await help.getByText('Next unread conversation').waitFor()
  await page.keyboard.press('Escape')
  await help.waitFor({ state: 'detached' })
  expect(errors).toEqual([])
})
