import type { Browser } from 'playwright-core'
import { expect, test } from 'vitest'
import { openWindow, withBrowser } from '../support/browser.js'
import { keptIn } from '../support/kept.js'
import {
  createGroup,
  createGroupInBrowser,
  fillRegistration,
  messages,
  openDirectInBrowser,
  personAtWindow,
  registerInBrowser,
  say,
  uniqueName,
} from '../support/people.js'
import { sharedInstallation } from '../support/shared-installation.js'

/** The main journey of a new user: two people, two browsers, one installation. */
const beseda = sharedInstallation()
let browser: Browser
withBrowser((launched) => {
  browser = launched
})

test('register, create a group with a person found by name, talk, reload, and everything is there', async () => {
  const bob = await registerInBrowser(browser, beseda.url, 'Боб Иванов', { colorScheme: 'light' })
  const ann = await registerInBrowser(browser, beseda.url, 'Ann Petrova')
  await createGroupInBrowser(ann.page, 'Book club', [bob])
  await say(ann.page, 'Hello **everybody**')

  await bob.page.getByRole('link', { name: /Book club.*1 unread/ }).click()
  await messages(bob.page).getByText('everybody').waitFor()
  expect(
    await messages(bob.page)
      .getByText('everybody')
      .evaluate((element) => element.tagName),
  ).toBe('STRONG')
  await say(bob.page, 'Привет!')
  await messages(ann.page).getByText('Привет!').waitFor()

  await bob.page.reload()
  await messages(bob.page).getByText('Привет!').waitFor()
  expect(await messages(bob.page).getByRole('article').count()).toBe(2)
  await bob.page.close()
  const again = await bob.context.newPage()
  await again.goto('/')
  await again
    .getByRole('link', { name: /Book club/ })
    .first()
    .click()
  await messages(again).getByText('everybody').waitFor()
  expect([...ann.errors, ...bob.errors]).toEqual([])
})

test('an invite link brings a third person in; promotion, removal and leaving are visible on both sides', async () => {
  const ann = await personAtWindow(browser, beseda.url, 'Ann Owner')
  const bob = await personAtWindow(browser, beseda.url, 'Bob Member')
  await createGroup(ann.page, 'Chess club', [bob])
  await ann.page.getByRole('button', { name: 'Invite people' }).click()
  await ann.page.getByRole('button', { name: 'Create link' }).click()
  const link = await ann.page.getByRole('textbox', { name: 'Invite link' }).inputValue()
  await ann.page.keyboard.press('Escape')

  const eve = await openWindow(browser, beseda.url, { phone: true })
  await eve.page.goto(link)
  await eve.page.getByRole('heading', { name: 'Chess club' }).waitFor()
  await eve.page.getByRole('button', { name: 'Join' }).click()
  await eve.page.getByRole('link', { name: 'Create an account' }).click()
  await fillRegistration(eve.page, uniqueName('eve'), 'Eve Guest')
  await eve.page.getByRole('button', { name: 'Join' }).click()
  await eve.page.getByRole('textbox', { name: 'Message' }).waitFor()

  await ann.page.getByRole('button', { name: 'Options for Eve Guest' }).click()
  await ann.page.getByRole('menuitem', { name: 'Make admin' }).click()
  await ann.page.getByRole('heading', { name: 'Admins' }).waitFor()
  await bob.page
    .getByRole('link', { name: /Chess club/ })
    .first()
    .click()
  await bob.page.getByRole('heading', { name: 'Admins' }).waitFor()

  await ann.page.getByRole('button', { name: 'Options for Eve Guest' }).click()
  await ann.page.getByRole('menuitem', { name: 'Remove from group' }).click()
  await ann.page.getByRole('button', { name: 'Remove', exact: true }).click()
  await eve.page.getByText('No conversations yet').waitFor()
  await bob.page.getByRole('heading', { name: '2 members' }).waitFor()

  await bob.page.getByRole('button', { name: 'Group options' }).click()
  await bob.page.getByRole('menuitem', { name: 'Leave group' }).click()
  await bob.page.getByRole('button', { name: 'Leave', exact: true }).click()
  await bob.page.getByText('Welcome to Beseda').waitFor()
  await ann.page.getByRole('heading', { name: '1 member', exact: true }).waitFor()
  expect([...ann.errors, ...bob.errors, ...eve.errors]).toEqual([])
})

test('a declined call says so, and the caller may call again', async () => {
  const ann = await personAtWindow(browser, beseda.url, 'Ann Again')
  const bob = await personAtWindow(browser, beseda.url, 'Bob Busy')
  await openDirectInBrowser(ann.page, bob)
  await ann.page.getByRole('button', { name: 'Audio call' }).click()
  await bob.page.getByRole('button', { name: 'Decline' }).click()
  await ann.page.getByText('Call declined').first().waitFor()
  await ann.page.getByRole('button', { name: 'Audio call' }).click()
  await bob.page.getByRole('alertdialog', { name: 'Ann Again is calling' }).waitFor()
  await ann.page.getByRole('button', { name: 'Hang up' }).click()
  await bob.page.getByRole('alertdialog').waitFor({ state: 'detached' })
})

test('the whole page switches to Russian, and keeps it', async () => {
  const ann = await personAtWindow(browser, beseda.url, 'Анна')
  await ann.page.getByRole('button', { name: 'Settings', exact: true }).click()
  await ann.page.getByLabel('Language').selectOption('ru')
  await ann.page.getByRole('heading', { name: 'Настройки' }).waitFor()
  await ann.page.reload()
  await ann.page.getByText('Добро пожаловать в Beseda').waitFor()
  expect(await ann.page.evaluate(() => document.documentElement.lang)).toBe('ru')
})

test('a message written without a network is sent once when it is back', async () => {
  const ann = await personAtWindow(browser, beseda.url, 'Ann Offline')
  const bob = await personAtWindow(browser, beseda.url, 'Bob Online')
  await createGroup(ann.page, 'Tunnel', [bob])
  await bob.page
    .getByRole('link', { name: /Tunnel/ })
    .first()
    .click()
  await ann.context.setOffline(true)
  await ann.page.getByText('You’re offline').first().waitFor()
  await say(ann.page, 'written in the tunnel')
  await messages(ann.page).getByLabel('Sending…').waitFor()
  // It is on the screen a moment before it is stored.
  await expect.poll(() => keptIn(ann.page, 'outbox')).toContain('written in the tunnel')
  await ann.page.close()
  await ann.context.setOffline(false)
  const later = await ann.context.newPage()
  await later.goto('/')
  await messages(bob.page).getByText('written in the tunnel').waitFor()
  await later
    .getByRole('link', { name: /Tunnel/ })
    .first()
    .click()
  await messages(later).getByText('written in the tunnel').waitFor()
  expect(await messages(bob.page).getByRole('article').count()).toBe(1)
})
