import { newId } from '@beseda/kernel'
import { GroupKind } from '@beseda/proto/group/v1/events'
import { Person } from '@beseda/testkit'
import type { Browser, Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { appoint } from '../support/appoint.js'
import { paleness, problems, problemsInEveryLook } from '../support/axe.js'
import { openWindow, withBrowser } from '../support/browser.js'
import { createGroup, personAtWindow, say } from '../support/people.js'
import { sharedInstallation } from '../support/shared-installation.js'
import { shoot } from '../support/shots.js'

/** Every screen passes axe (WCAG 2.1 A and AA): light, dark and high contrast, cosy and compact, on a desktop and on a phone. */
const beseda = sharedInstallation()
let browser: Browser
withBrowser((launched) => {
  browser = launched
})

async function chooseInGroupMenu(page: Page, item: string): Promise<void> {
  await page.getByRole('button', { name: 'Group options' }).click()
  await page.getByRole('menuitem', { name: item }).click()
}

/** `part`: the new part of the screen; the rest was checked before. */
type Check = (screen: string, part?: string) => Promise<void>
const [DIALOG, MENU, PANEL] = ['[role=dialog]', '[role=menu]', 'aside']

/** Panels, menus and dialogs that open from a conversation. */
async function aroundMessages(page: Page, phone: boolean, check: Check): Promise<void> {
  const article = page.getByRole('log', { name: 'Messages' }).getByRole('article').first()
  await article.hover()
  await article.getByRole('button', { name: 'React', exact: true }).click()
  await page.getByRole('button', { name: '🔥 fire' }).click()
  await article.getByRole('button', { name: /🔥 1 by/ }).waitFor()
  await article.getByRole('button', { name: /Profile of/ }).click()
  await page.getByRole('dialog', { name: 'Ann Access' }).waitFor()
  await check('profile', DIALOG)
  await page.keyboard.press('Escape')
  await article.hover()
  await article.getByRole('button', { name: 'More' }).click()
  await page.getByRole('menuitem', { name: 'Thread' }).waitFor()
  await check('message-menu', MENU)
  await page.getByRole('menuitem', { name: 'Thread' }).click()
  const panel = (title: string) => page.getByRole('complementary', { name: title })
  await panel('Thread').getByRole('textbox', { name: 'Reply in thread' }).waitFor()
  await check('thread', PANEL)
  await panel('Thread').getByRole('button', { name: 'Close' }).click()
  await article.hover()
  await article.getByRole('button', { name: 'More' }).click()
  await page.getByRole('menuitem', { name: 'Select' }).click()
  await page.getByRole('toolbar', { name: 'Selected messages' }).waitFor()
  await check('selection', 'main')
  await page.keyboard.press('Escape')
  await page.getByRole('toolbar', { name: 'Selected messages' }).waitFor({ state: 'hidden' })
  if (phone) await chooseInGroupMenu(page, 'Search')
  else await page.getByRole('button', { name: 'Search', exact: true }).click()
  await panel('Search').getByRole('searchbox').fill('world')
  await panel('Search').getByText('Hello world').waitFor()
  await check('search', PANEL)
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
    'Archive or delete',
  ]) {
    await page.getByRole('tab', { name: tab }).click()
    await page.getByRole('tabpanel', { name: tab }).waitFor()
    await check(`settings-${tab.split(/[ ,]/)[0]?.toLowerCase()}`, DIALOG)
  }
  await page.keyboard.press('Escape')
  await page.keyboard.press('Control+k')
  await page.getByRole('combobox', { name: 'Quick switcher' }).waitFor()
  await check('palette', DIALOG)
  await page.keyboard.press('Escape')
  await page.keyboard.press('Control+/')
  await page.getByRole('dialog', { name: 'Keyboard shortcuts' }).waitFor()
  await check('help', DIALOG)
  await page.keyboard.press('Escape')
  await page.keyboard.press('Control+Shift+M')
  await page.getByRole('dialog', { name: 'Inbox' }).getByText('will appear here').waitFor()
  await check('inbox', DIALOG)
  await page.getByRole('button', { name: 'Reactions' }).click()
  await page.getByText('No reactions yet').waitFor()
  await check('inbox-reactions', DIALOG)
  await page.keyboard.press('Escape')
  await page.keyboard.press('Alt+Shift+H')
  await page.getByRole('dialog', { name: 'Threads' }).getByText('will appear here').waitFor()
  await check('threads', DIALOG)
  await page.keyboard.press('Escape')
  await chooseInGroupMenu(page, 'Scheduled calls')
  const schedule = page.getByRole('dialog', { name: 'Scheduled calls' })
  await schedule.getByRole('button', { name: 'Schedule a call' }).click()
  await schedule.getByRole('textbox', { name: 'Title' }).fill('Stand-up')
  await schedule.getByRole('combobox', { name: 'Repeats' }).selectOption('daily')
  await check('schedule-form', DIALOG)
  await schedule.getByRole('button', { name: 'Schedule', exact: true }).click()
  await schedule.getByRole('button', { name: 'Dates' }).click()
  await schedule.getByRole('button', { name: 'Skip' }).first().waitFor()
  await check('schedule', DIALOG)
  await page.keyboard.press('Escape')
  await page.goto(`/g/${page.url().split('/').at(-1)}/call/called-off`)
  await page.getByText('This call is no longer scheduled.').first().waitFor()
  await check('schedule-link')
  if (phone) return
  await page.getByRole('button', { name: 'New conversation' }).first().click()
  await page.getByRole('menuitem', { name: 'Find groups' }).click()
  await page.getByRole('dialog', { name: 'Find groups' }).waitFor()
  await check('discover', DIALOG)
  await page.keyboard.press('Escape')
}

test.each(['desktop', 'phone'])('every screen, on a %s', async (size) => {
  const phone = size === 'phone'
  const options = { colorScheme: 'light', phone } as const
  const entrance = await openWindow(browser, beseda.url, options)
  await entrance.page.goto('/sign-in')
  await entrance.page.getByRole('button', { name: 'Sign in' }).waitFor()
  expect(await problemsInEveryLook(entrance.page)).toEqual([])
  await entrance.context.close()

  const { page } = await personAtWindow(browser, beseda.url, 'Ann Access', options)
  // The colours of a part do not depend on the size of the screen: on a phone it is looked at in one theme.
  const check: Check = async (screen, part) => {
    expect(await (phone && part ? problems : problemsInEveryLook)(page, part), screen).toEqual([])
    await shoot(page, `${screen}-${size}`)
  }
  await check('home')
  await createGroup(page, 'Readers', [])
  await say(page, 'Hello **world** with `code` and https://example.org\n> and a quote')
  await page.getByRole('log').getByText('world').waitFor()
  await check('conversation')
  await aroundMessages(page, phone, check)
  if (phone) await chooseInGroupMenu(page, 'Invite people')
  else await page.getByRole('button', { name: 'Invite people' }).click()
  await page.getByRole('button', { name: 'Create link' }).click()
  await page.getByRole('textbox', { name: 'Invite link' }).waitFor()
  await check('invite', DIALOG)
  await page.keyboard.press('Escape')
  if (phone) {
    await page.getByRole('link', { name: 'Back' }).click()
    await page.getByRole('navigation', { name: 'Places' }).getByRole('button', { name: 'You' }).click()
    await page.getByRole('menuitem', { name: 'Profile and settings' }).click()
  } else await page.getByRole('button', { name: 'Settings', exact: true }).click()
  await page.getByText('This device', { exact: true }).waitFor()
  await check('settings', DIALOG)
  const picture = { name: 'me.png', mimeType: 'image/png', buffer: await page.screenshot() }
  await page.locator('input[accept="image/*"]').setInputFiles(picture)
  const crop = page.getByRole('dialog', { name: 'Choose the part to show' })
  await crop.getByRole('button', { name: 'Use picture', disabled: false }).waitFor()
  await check('crop', '[role=dialog]:has([aria-label^="Visible part"])')
})

test('the pages without a sign-in, and an invite', async () => {
  const { groups, membership } = await Person.register(beseda.url, 'Ann Access')
  const { group } = await groups.createGroup({ commandId: newId(), kind: GroupKind.GROUP, name: 'Readers' })
  const { code } = await membership.createInvite({ commandId: newId(), groupId: group?.id ?? '', expiresInS: 3_600 })
  const { page } = await openWindow(browser, beseda.url, { colorScheme: 'light' })
  for (const [path, shown] of [
    ['/register', 'Create your account'],
    ['/reset#0123456789', 'Choose a new password'],
    ['/sign-in/done?error=access_denied&state=x', 'Sign-in failed'],
    [`/invite/${code}`, 'Readers'],
    ['/nowhere', 'Page not found'],
  ] as const) {
    await page.goto(path)
    await page.getByRole('heading', { name: shown }).waitFor()
    expect(await problemsInEveryLook(page), path).toEqual([])
  }
})

test('the administrators’ page', async () => {
  const { page, username } = await personAtWindow(browser, beseda.url, 'Ada Access', { colorScheme: 'light' })
  await appoint(beseda, username)
  await page.goto('/admin')
  await page.getByText('Everything is running').waitFor()
  for (const tab of ['Overview', 'People', 'Registration', 'Groups', 'Reports', 'Retention', 'Limits', 'Audit log']) {
    await page.getByRole('tab', { name: tab }).click()
    // Each tab has content: a table, a row, a limit, or an empty state.
    const shown = page.getByRole('tabpanel', { name: tab }).locator('table, li, dl, p.font-semibold')
    await shown.first().waitFor()
    expect(await problems(page, 'main'), tab).toEqual([])
    await shoot(page, `admin-${tab.split(' ')[0]?.toLowerCase()}`)
  }
})

test('every component in every state and every theme', async () => {
  const { page, context } = await openWindow(browser, beseda.url)
  const open = async (look: string, density: string) => {
    await page.goto(`/dev/ui?look=${look}&density=${density}`)
    await page.getByRole('heading', { name: 'Components' }).waitFor()
  }
  await open('light', 'cosy')
  expect(await problems(page)).toEqual([])
  for (const density of ['cosy', 'compact']) {
    await open('all', density)
    expect(await paleness(page, 'main', ` (${density})`)).toEqual([])
    await shoot(page, `components-${density}`)
  }
  await context.close()
})
