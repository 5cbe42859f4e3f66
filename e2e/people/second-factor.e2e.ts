import { readFileSync } from 'node:fs'
import { newId } from '@beseda/kernel'
import { IdentityService } from '@beseda/proto/identity/v1/identity_service'
import { AuthenticatorApp, apiClient } from '@beseda/testkit'
import type { Browser, Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { appoint } from '../support/appoint.js'
import { problemsInEveryLook } from '../support/axe.js'
import { withBrowser } from '../support/browser.js'
import { PASSWORD, personAtWindow } from '../support/people.js'
import { sharedInstallation } from '../support/shared-installation.js'
import { shoot } from '../support/shots.js'

/** Two-step sign-in through the real pages: an app is set up, asked for, replaced by recovery codes, turned off, and taken away. */
const beseda = sharedInstallation()
let browser: Browser
withBrowser((launched) => {
  browser = launched
})

const settings = (page: Page) => page.getByRole('dialog', { name: 'Settings' })
const dialog = (page: Page, name: string) => page.getByRole('dialog', { name, exact: true })
async function openSettings(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Settings', exact: true }).click()
  await settings(page).getByRole('heading', { name: 'Two-step sign-in' }).waitFor()
}
const inside = (page: Page) => page.getByRole('button', { name: 'New conversation' }).first().waitFor()
async function signOut(page: Page): Promise<void> {
  await settings(page).getByRole('button', { name: 'Sign out', exact: true }).last().click()
  await page.getByRole('heading', { name: 'Welcome back' }).waitFor()
}
async function firstStep(page: Page, username: string, password = PASSWORD): Promise<void> {
  await page.getByLabel('Username').fill(username)
  await page.getByLabel('Password', { exact: true }).fill(password)
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
  await page.getByRole('heading', { name: 'Enter your code' }).waitFor()
}

/** From the settings to the recovery codes, which stay open. */
async function setUp(page: Page, shots = false): Promise<{ app: AuthenticatorApp; codes: readonly string[] }> {
  await settings(page).getByRole('button', { name: 'Set up an authenticator app' }).click()
  const steps = dialog(page, 'Two-step sign-in')
  await steps.getByLabel('Current password').fill(PASSWORD)
  await steps.getByRole('button', { name: 'Continue' }).click()
  await steps.getByRole('img', { name: 'QR code for the authenticator app' }).waitFor()
  const app = new AuthenticatorApp((await steps.locator('[data-secret]').textContent()) ?? '')
  if (shots) {
    expect(await problemsInEveryLook(page, '[role=dialog]'), 'the QR code').toEqual([])
    await shoot(page, 'factor-qr')
    await steps.getByLabel('Code', { exact: true }).fill('12')
    await steps.getByRole('button', { name: 'Turn on' }).click()
    await steps.getByText('Enter the 6 digits from the app.').waitFor()
    await steps.getByLabel('Code', { exact: true }).fill(app.at(0))
    await steps.getByRole('button', { name: 'Turn on' }).click()
    await steps.getByText('This code isn’t right').waitFor()
  }
  // As the app shows it, in two groups.
  await steps.getByLabel('Code', { exact: true }).fill(app.code().replace(/^.../, '$& '))
  await page.keyboard.press('Enter')
  const done = dialog(page, 'Recovery codes')
  await done.getByText('Two-step sign-in is on.').waitFor()
  const codes = await done.locator('[data-codes] li').allTextContents()
  return { app, codes }
}

test('is set up, asked for at the sign-in, replaced by a recovery code, and turned off', async () => {
  const { page, errors, username, displayName } = await personAtWindow(browser, beseda.url, 'Tilda Two')
  await openSettings(page)
  const { app, codes } = await setUp(page, true)
  expect(codes).toHaveLength(10)
  expect(await problemsInEveryLook(page, '[role=dialog]'), 'the recovery codes').toEqual([])
  await shoot(page, 'factor-codes')
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    dialog(page, 'Recovery codes').getByRole('button', { name: 'Save as file' }).click(),
  ])
  const saved = readFileSync(await download.path(), 'utf8')
  for (const code of codes) expect(saved).toContain(code)
  expect(saved).toContain(`@${username}`)
  await page.emulateMedia({ media: 'print' })
  expect(await page.locator('body > :visible').allTextContents()).toEqual([saved])
  await page.emulateMedia({ media: null })
  await page.getByRole('button', { name: 'I’ve saved them' }).click()
  await settings(page).getByText('10 recovery codes left').waitFor()
  await shoot(page, 'factor-on')

  await signOut(page)
  await firstStep(page, username)
  expect(await problemsInEveryLook(page), 'the second step').toEqual([])
  await shoot(page, 'factor-step')
  const field = page.getByLabel('Code', { exact: true })
  expect(await field.getAttribute('autocomplete')).toBe('one-time-code')
  expect(await field.getAttribute('inputmode')).toBe('numeric')
  await field.fill(app.at(0))
  await page.getByRole('button', { name: 'Continue' }).click()
  await page.getByText('This code isn’t right').waitFor()
  expect(await field.evaluate((one) => one === document.activeElement)).toBe(true)
  await field.fill(app.code().replace(/^.../, '$& '))
  await page.getByRole('button', { name: 'Continue' }).click()
  await inside(page)
  await page.getByText(displayName).first().waitFor()

  // Without the phone, and without the mouse.
  await openSettings(page)
  await signOut(page)
  await firstStep(page, username)
  await page.getByRole('button', { name: 'Use a recovery code' }).press('Enter')
  await page.keyboard.type((codes[0] ?? '').toLowerCase())
  expect(await problemsInEveryLook(page), 'the recovery code').toEqual([])
  await page.keyboard.press('Enter')
  await inside(page)
  await openSettings(page)
  await settings(page).getByText('9 recovery codes left').waitFor()

  // What is dangerous asks again.
  await settings(page).getByLabel('Current password').fill(PASSWORD)
  await settings(page).getByLabel('New password').fill('another horse battery')
  await settings(page).getByRole('button', { name: 'Change password' }).click()
  await settings(page).getByText('Enter a code.').waitFor()
  await settings(page)
    .getByLabel('Code from your app')
    .fill(codes[1] ?? '')
  await settings(page).getByRole('button', { name: 'Change password' }).click()
  await settings(page).getByText('Password changed.').waitFor()

  await settings(page).getByRole('button', { name: 'New recovery codes' }).click()
  const renewal = dialog(page, 'Recovery codes')
  await renewal.getByLabel('Current password').fill('another horse battery')
  await renewal.getByLabel('Code from your app').fill(codes[2] ?? '')
  await shoot(page, 'factor-renew')
  await renewal.getByRole('button', { name: 'Create new codes' }).click()
  await renewal.locator('[data-codes] li').first().waitFor()
  const newer = await renewal.locator('[data-codes] li').allTextContents()
  expect(newer).not.toContain(codes[3])
  await renewal.getByRole('button', { name: 'I’ve saved them' }).click()

  await settings(page).getByRole('button', { name: 'Turn off' }).click()
  const off = dialog(page, 'Turn off two-step sign-in?')
  await off.getByLabel('Current password').fill('another horse battery')
  await off.getByLabel('Code from your app').fill(codes[3] ?? '')
  await off.getByRole('button', { name: 'Turn off' }).click()
  await off.getByText('This code isn’t right').waitFor()
  expect(await problemsInEveryLook(page, '[role=dialog]'), 'turning off').toEqual([])
  await off.getByLabel('Code from your app').fill(newer[0] ?? '')
  await off.getByRole('button', { name: 'Turn off' }).click()
  await settings(page).getByRole('button', { name: 'Set up an authenticator app' }).waitFor()
  expect(errors).toEqual([])
})

test('an administrator takes it from somebody who has lost their phone, who is told at the next sign-in', async () => {
  const admin = await personAtWindow(browser, beseda.url, 'Ada Second')
  await appoint(beseda, admin.username)
  const { page, errors, username, displayName } = await personAtWindow(browser, beseda.url, 'Lou Lost')
  await openSettings(page)
  await setUp(page)
  await page.getByRole('button', { name: 'I’ve saved them' }).click()
  await page.keyboard.press('Escape')
  await settings(page).waitFor({ state: 'hidden' })

  await admin.page.goto('/admin/people')
  await admin.page.getByRole('searchbox').fill(username)
  await admin.page.getByRole('button', { name: `Manage ${displayName}` }).click()
  const card = admin.page.getByRole('dialog', { name: displayName })
  await card.getByRole('heading', { name: 'Two-step sign-in' }).waitFor()
  expect(await problemsInEveryLook(admin.page, '[role=dialog]')).toEqual([])
  await shoot(admin.page, 'factor-admin')
  await card.getByRole('button', { name: 'Turn off' }).click()
  await dialog(admin.page, `Turn off two-step sign-in for ${displayName}?`)
    .getByRole('button', { name: 'Turn off' })
    .click()
  await card.getByRole('heading', { name: 'Two-step sign-in' }).waitFor({ state: 'detached' })
  await admin.page.goto('/admin/audit')
  await admin.page.getByText(`turned off two-step sign-in for`).first().waitFor()

  // The session has ended with it.
  await page.getByRole('heading', { name: 'Welcome back' }).waitFor()
  await page.getByLabel('Username').fill(username)
  await page.getByLabel('Password', { exact: true }).fill(PASSWORD)
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
  await inside(page)
  const told = page.getByRole('region', { name: 'Notifications' })
  await told.getByText('An administrator turned off your two-step sign-in').waitFor()
  await shoot(page, 'factor-told')
  await told.getByRole('button', { name: 'Open settings' }).click()
  await settings(page).getByText('If you didn’t ask for this, change your password.').waitFor()
  const { me } = await apiClient(IdentityService, beseda.url).signIn({
    username,
    password: PASSWORD,
    device: { id: newId(), name: 'API' },
  })
  expect(me?.secondFactorTakenAt).toBeDefined()
  expect([...errors, ...admin.errors]).toEqual([])
})
