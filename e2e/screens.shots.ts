import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { newId } from '@beseda/kernel'
import { GroupService } from '@beseda/proto/group/v1/group_service'
import { IdentityService } from '@beseda/proto/identity/v1/identity_service'
import { MembershipService } from '@beseda/proto/membership/v1/membership_service'
import { ReportReason } from '@beseda/proto/moderation/v1/events'
import { ModerationService } from '@beseda/proto/moderation/v1/moderation_service'
import { apiClient, Installation } from '@beseda/testkit'
import type { DescService } from '@bufbuild/protobuf'
import type { Browser, Page } from 'playwright-core'
import sharp from 'sharp'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { appoint } from './support/appoint.js'
import { launchBrowser, openWindow } from './support/browser.js'
import { callWindow, linked, press } from './support/calls.js'
import { messages } from './support/people.js'

/** Screenshots with the people of `npm start -- --demo`. Run by `npm run screenshots`. */
const PASSWORD = 'beseda-demo'
const FOLDER = new URL('../docs/screenshots/', import.meta.url).pathname
let beseda: Installation
let browser: Browser
beforeAll(async () => {
  mkdirSync(FOLDER, { recursive: true })
  ;[beseda, browser] = await Promise.all([Installation.start(), launchBrowser({ whole: true })])
  const launcher = new URL('../tools/start/demo.mjs', import.meta.url).href
  const { seedDemo } = (await import(launcher)) as { seedDemo(url: string, code: string): Promise<string> }
  await seedDemo(beseda.url, '')
  await appoint(beseda, 'clara')
  await reportSomething()
})
afterAll(async () => {
  await browser?.close()
  await beseda?.stop()
})

/** Something for the administrators' page: reports the newest message of another person in the first group. */
async function reportSomething(): Promise<void> {
  const device = { id: newId(), name: 'API' }
  const request = { username: 'emma', password: PASSWORD, device }
  const { me, tokens } = await apiClient(IdentityService, beseda.url).signIn(request)
  const at = <S extends DescService>(service: S) => apiClient(service, beseda.url, tokens?.accessToken)
  const { groups } = await at(MembershipService).listMyGroups({})
  for (const { groupId } of groups) {
    const said = (await at(GroupService).listMessages({ groupId })).messages
    const message = said.find(({ authorId, text }) => authorId !== me?.user?.id && text !== '')
    if (!message) continue
    const words = 'This was meant for another group, and he does not answer.'
    const ids = { commandId: newId(), groupId, messageId: message.id }
    await at(ModerationService).reportMessage({ ...ids, reason: ReportReason.OTHER, words })
    return
  }
  throw new Error('the demo has no message to report')
}

/** Two hundred colours are enough for a screenshot, and save two thirds of the bytes. */
async function keep(page: Page, name: string): Promise<void> {
  const png = await page.screenshot({ animations: 'disabled' })
  await sharp(png)
    .png({ palette: true, colours: 200, compressionLevel: 9, effort: 10 })
    .toFile(join(FOLDER, `${name}.png`))
}

async function signIn(page: Page, username: string): Promise<void> {
  await page.getByLabel('Username').fill(username)
  await page.getByLabel('Password').fill(PASSWORD)
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
  await page
    .getByRole('link', { name: /Release 1\.0/ })
    .first()
    .waitFor()
}

test.each([
  ['light', false],
  ['dark', false],
  ['light', true],
  ['dark', true],
] as const)('%s, phone: %s', async (colorScheme, phone) => {
  const { page, context } = await openWindow(browser, beseda.url, { colorScheme, phone })
  await page.emulateMedia({ reducedMotion: 'reduce', colorScheme })
  const shoot = (screen: string) => keep(page, `${screen}-${colorScheme}-${phone ? 'phone' : 'desktop'}`)
  const close = () => page.keyboard.press('Escape')

  await page.goto('/register')
  await page.getByRole('button', { name: 'Create account' }).waitFor()
  await shoot('register')
  await page.goto('/sign-in')
  await page.getByRole('button', { name: 'Sign in', exact: true }).waitFor()
  await shoot('sign-in')
  await signIn(page, 'clara')
  await page.getByText('Release 1.0').first().waitFor()
  await shoot('home')

  await page
    .getByRole('link', { name: /Release 1\.0/ })
    .last()
    .click()
  await messages(page).getByRole('article').first().waitFor()
  await page.evaluate(() => document.fonts.ready)
  await shoot('conversation')

  for (const [screen, keys] of [
    ['search', 'Control+Shift+F'],
    ['pins', 'Control+Shift+P'],
  ] as const) {
    await page.keyboard.press(keys)
    await page.getByRole('complementary', { name: screen === 'search' ? 'Search' : /Pin/i }).waitFor()
    await shoot(screen)
    await page.keyboard.press(keys)
  }
  if (phone) {
    await page.keyboard.press('Control+Shift+U')
    await page.getByRole('complementary', { name: /members/ }).waitFor()
    await shoot('members')
    await page.keyboard.press('Control+Shift+U')
  }

  for (const [screen, keys] of [
    ['palette', 'Control+k'],
    ['help', 'Control+/'],
    ['new-group', 'Alt+Shift+G'],
    ['new-direct', 'Alt+Shift+D'],
    ['settings', 'Control+,'],
  ] as const) {
    await page.keyboard.press(keys)
    await page.getByRole('dialog').waitFor()
    if (screen === 'palette') await page.keyboard.type('re')
    if (screen === 'settings') await page.getByText('This device', { exact: true }).waitFor()
    await shoot(screen)
    await close()
    await page.getByRole('dialog').waitFor({ state: 'detached' })
  }

  await page.getByRole('button', { name: 'Group options' }).click()
  await page.getByRole('menuitem', { name: 'Group settings' }).click()
  await page.getByRole('dialog').waitFor()
  await shoot('group-settings')
  await close()
  const conversation = page.url()
  await page.goto('/admin')
  await page.getByText('Everything is running').waitFor()
  await shoot('admin')
  for (const tab of ['People', 'Reports']) {
    await page.getByRole('tab', { name: tab }).click()
    await page.getByRole('tabpanel', { name: tab }).getByRole('listitem').first().waitFor()
    await shoot(`admin-${tab.toLowerCase()}`)
  }
  await page.goto(conversation)
  await page.evaluate(() => {
    localStorage.setItem('beseda.theme', 'contrast')
    localStorage.setItem('beseda.density', 'compact')
  })
  await page.reload()
  await messages(page).getByRole('article').first().waitFor()
  await shoot('conversation-contrast-compact')
  expect(await messages(page).getByRole('article').count()).toBeGreaterThan(2)
  await context.close()
})

/** A call of two from the lobby to the banner; screenshots of the caller and of the person who is called. */
test.each([
  ['light', false],
  ['dark', false],
  ['light', true],
  ['dark', true],
] as const)('calls: %s, phone: %s', async (colorScheme, phone) => {
  const open = async (username: string) => {
    const { page, context } = await openWindow(browser, beseda.url, { colorScheme, phone })
    await page.emulateMedia({ reducedMotion: 'reduce', colorScheme })
    await page.goto('/sign-in')
    await signIn(page, username)
    const group = page.getByRole('link', { name: /Release 1\.0/ }).last()
    await group.click()
    await messages(page).getByRole('article').first().waitFor()
    return { page, context }
  }
  const [clara, emma] = [await open('clara'), await open('emma')]
  const shoot = (page: Page, screen: string) => keep(page, `${screen}-${colorScheme}-${phone ? 'phone' : 'desktop'}`)

  await clara.page.getByRole('button', { name: 'Audio call' }).click()
  await clara.page.getByRole('button', { name: 'Turn camera on' }).click()
  await clara.page.locator('video').first().waitFor()
  await shoot(clara.page, 'call-lobby')
  await clara.page.getByRole('button', { name: 'Start call' }).click()
  await emma.page.getByRole('alertdialog').waitFor()
  await shoot(emma.page, 'call-incoming')
  await emma.page.getByRole('button', { name: 'Accept', exact: true }).click()
  await Promise.all([linked(clara.page, 2), linked(emma.page, 2)])
  await callWindow(clara.page).locator('video').first().waitFor()
  await shoot(clara.page, 'call')
  await press(clara.page, 'Minimize')
  await shoot(clara.page, 'call-small')
  await press(emma.page, 'Hang up')
  await emma.page.getByRole('region', { name: 'Call in progress' }).waitFor()
  await shoot(emma.page, 'call-banner')
  await press(clara.page, 'Hang up')
  await callWindow(clara.page).waitFor({ state: 'detached' })
  await Promise.all([clara.context.close(), emma.context.close()])
})
