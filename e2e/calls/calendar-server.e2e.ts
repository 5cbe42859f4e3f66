import { Installation, TestCalendarServer } from '@beseda/testkit'
import type { Browser, Locator, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { problemsInEveryLook } from '../support/axe.js'
import { withBrowser } from '../support/browser.js'
import { createGroup, personAtWindow, uniqueName } from '../support/people.js'
import { shoot } from '../support/shots.js'

/** A person connects a calendar that they keep on another server, and their scheduled calls get there. */
let beseda: Installation
let server: TestCalendarServer
let browser: Browser
withBrowser((launched) => {
  browser = launched
})
beforeAll(async () => {
  server = await TestCalendarServer.start()
  beseda = await Installation.start({ CALENDAR_HOSTS: server.host })
})
afterAll(async () => {
  await beseda?.stop()
  await server?.stop()
})

const LOOKS = [
  ['dark', false],
  ['light', true],
] as const

async function scheduled(page: Page): Promise<Locator> {
  await page.getByRole('button', { name: 'Group options' }).click()
  await page.getByRole('menuitem', { name: 'Scheduled calls' }).click()
  return page.getByRole('dialog', { name: 'Scheduled calls' })
}

test.each(LOOKS)(
  'a calendar is connected, gets the calls, and is left without them (%s, phone: %s)',
  async (colorScheme, phone) => {
    const id = `of-${colorScheme}`
    server.add(id, `Calls, ${colorScheme}`)
    const ann = await personAtWindow(browser, beseda.url, 'Ann Petrova', { colorScheme, phone })
    await createGroup(ann.page, uniqueName('Planners'), [])
    const dialog = await scheduled(ann.page)
    await dialog.getByRole('button', { name: 'Schedule a call' }).click()
    await dialog.getByRole('textbox', { name: 'Title' }).fill('Планёрка')
    await dialog.getByRole('combobox', { name: 'Repeats' }).selectOption('daily')
    await dialog.getByRole('button', { name: 'Schedule', exact: true }).click()
    await dialog.getByRole('heading', { name: 'Планёрка' }).waitFor()

    const calendar = dialog.getByRole('region', { name: 'On your calendar server' })
    const shot = (name: string) => shoot(ann.page, `calendar-${name}-${colorScheme}`)
    await calendar.getByRole('button', { name: 'Connect a calendar' }).click()
    await calendar.getByRole('textbox', { name: 'Server address' }).fill(server.url)
    await calendar.getByRole('textbox', { name: 'Username there' }).fill('ann')
    await calendar.getByRole('textbox', { name: 'App password' }).fill('wrong')
    await calendar.getByRole('checkbox', { name: 'With the titles of the calls' }).check()
    await calendar.getByRole('button', { name: 'Find calendars' }).click()
    await calendar.getByText('The username or the app password is wrong.').waitFor()
    await calendar.getByText('The username or the app password is wrong.').scrollIntoViewIfNeeded()
    await shot('refused')
    expect(await problemsInEveryLook(ann.page, '[data-testid="calendar-server"]')).toEqual([])
    await calendar.getByRole('textbox', { name: 'App password' }).fill(server.signIn.password)
    await calendar.getByRole('button', { name: 'Find calendars' }).click()
    await calendar.getByRole('combobox', { name: 'Calendar' }).selectOption({ label: `Calls, ${colorScheme}` })
    await shot('choice')
    await calendar.getByRole('button', { name: 'Connect a calendar' }).click()
    await calendar.getByRole('button', { name: 'Disconnect', exact: true }).scrollIntoViewIfNeeded()
    await shot('connected')
    expect(await problemsInEveryLook(ann.page, '[data-testid="calendar-server"]')).toEqual([])
    await expect.poll(() => server.texts(id).join('')).toContain('SUMMARY:Планёрка')

    await calendar.getByRole('button', { name: 'Disconnect and remove calls' }).click()
    await expect.poll(() => server.texts(id)).toEqual([])
  },
)
