import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { newId } from '@beseda/kernel'
import { SESSIONS_BUCKET } from '@beseda/proto'
import { IdentityService } from '@beseda/proto/identity/v1/identity_service'
import { apiClient, Installation, TestOidcProvider } from '@beseda/testkit'
import { jetstream, jetstreamManager } from '@nats-io/jetstream'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openWindow, withBrowser } from '../support/browser.js'
import { fillRegistration, PASSWORD, registerInBrowser, uniqueName } from '../support/people.js'
import { shoot } from '../support/shots.js'

/** Signing in without a password: by a real identity provider, and by a passkey in a virtual authenticator. */
let beseda: Installation
let provider: TestOidcProvider
/** Passkeys belong to a host name, not to an IP address. */
let url: string
beforeAll(async () => {
  provider = await TestOidcProvider.prepare()
  const file = join(mkdtempSync(join(tmpdir(), 'beseda-oidc-')), 'providers.json')
  await provider.configure(file)
  // Nothing is configured at first: the first test makes the first account, and opens registration.
  const env = { OIDC_PROVIDERS_FILE: file, OIDC_ALLOW_HTTP: 'true', REGISTRATION: '' }
  beseda = await Installation.start(env)
  url = beseda.url.replace('127.0.0.1', 'localhost')
  await provider.start(url)
})
afterAll(async () => {
  await beseda?.stop()
  await provider?.stop()
})
let browser: Browser
withBrowser((launched) => {
  browser = launched
})

const settings = (page: Page) => page.getByRole('dialog', { name: 'Settings' })
const openSettings = async (page: Page) => {
  await page.getByRole('button', { name: 'Settings', exact: true }).click()
  await settings(page).getByRole('heading', { name: 'Sign-in methods' }).waitFor()
}
async function atProvider(page: Page, login: string): Promise<void> {
  await page.locator('input[name="login"]').fill(login)
  await page.locator('input[name="password"]').fill('x')
  await page.getByRole('button', { name: 'Sign-in' }).click()
  await page.getByRole('button', { name: 'Continue' }).click()
}
const inside = (page: Page) => page.getByRole('button', { name: 'New conversation' }).first().waitFor()

test('the printed link makes the first account; then people come by invite, until an administrator lets everybody in', async () => {
  const { page, errors } = await openWindow(browser, url)
  await page.goto('/')
  await page.getByText('This server has no accounts yet.').waitFor()
  await shoot(page, 'first-account')
  await page.goto(`/register#founder=${await beseda.founderCode()}`)
  await page.getByRole('heading', { name: 'Create the first account' }).waitFor()
  await fillRegistration(page, uniqueName('founder'), 'Flora Founder')
  await inside(page)
  await page.goto('/admin/registration')
  await page.getByLabel('Link name (optional)').fill('For Gus')
  await page.getByRole('button', { name: 'Create link' }).click()
  await page.getByRole('listitem').filter({ hasText: 'For Gus' }).waitFor()
  await shoot(page, 'admin-invites')
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write'], { origin: url })
  await page.getByRole('button', { name: 'Copy link' }).click()
  await page.getByRole('button', { name: 'Copied' }).waitFor()
  const link = await page.evaluate(() => navigator.clipboard.readText())

  const guest = await openWindow(browser, url)
  await guest.page.goto('/sign-in')
  await guest.page.getByText('New here? Ask somebody for an invite link.').waitFor()
  await guest.page.goto('/register')
  await guest.page.getByText('New here? Ask somebody for an invite link.').waitFor()
  await guest.page.goto(link)
  await fillRegistration(guest.page, uniqueName('guest'), 'Gus Guest')
  await inside(guest.page)

  await page.getByLabel('Who can create an account').selectOption({ label: 'Anyone' })
  await page.getByText('Whoever can reach this server can create an account.').waitFor()
  await page.goto('/admin/audit')
  await page.getByText('changed who can create an account: Anyone').waitFor()
  await page.getByText('created an invite link: For Gus').waitFor()
  expect([...errors, ...guest.errors]).toEqual([])
})

test('by a provider: the first sign-in creates an account; a refusal leads back to the sign-in', async () => {
  const { page, errors } = await openWindow(browser, url)
  await page.goto('/sign-in')
  await page.getByRole('button', { name: 'Continue with Test Works' }).waitFor()
  await shoot(page, 'sign-in-ways')
  await page.getByRole('button', { name: 'Continue with Test Works' }).click()
  await atProvider(page, 'paula')
  await inside(page)
  await page.getByText('Name of paula').first().waitFor()
  await openSettings(page)
  expect(await settings(page).getByLabel('Display name').inputValue()).toBe('Name of paula')
  expect(await settings(page).getByLabel('Current password').count()).toBe(0)
  await page.goto('/sign-in/done?error=access_denied&state=x')
  await page.getByRole('heading', { name: 'Sign-in failed' }).waitFor()
  await shoot(page, 'sign-in-refused')
  await page.getByRole('link', { name: 'Back to sign-in' }).click()
  expect(errors).toEqual([])
})

test('by a passkey: added in the settings, then used without a name or a password', async () => {
  const { page, errors, displayName } = await registerInBrowser(browser, url, 'Kay Key')
  const cdp = await page.context().newCDPSession(page)
  await cdp.send('WebAuthn.enable')
  await cdp.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  })
  await openSettings(page)
  await settings(page).getByRole('button', { name: 'Add a passkey' }).click()
  await settings(page).getByRole('button', { name: 'Remove', exact: true }).waitFor()
  await shoot(page, 'passkeys')
  const answers: number[] = []
  page.on('response', (response) => response.url().endsWith('/SignOut') && answers.push(response.status()))
  await settings(page).getByRole('button', { name: 'Sign out', exact: true }).last().click()
  await page.getByRole('button', { name: 'Use a passkey' }).click()
  // The session is signed out once: not again when the server says that it has ended.
  expect(answers.filter((status) => status !== 200)).toEqual([])
  await inside(page)
  await page.getByText(displayName).first().waitFor()
  await openSettings(page)
  await settings(page).getByRole('button', { name: 'Remove', exact: true }).click()
  await expect.poll(() => settings(page).getByRole('button', { name: 'Remove', exact: true }).count()).toBe(0)
  expect(errors).toEqual([])
})

/** Backdates the sign-in to a quarter of an hour ago, on all devices. */
async function ageSessions(username: string): Promise<void> {
  const device = { id: newId(), name: 'API' }
  const { me } = await apiClient(IdentityService, beseda.url).signIn({ username, password: PASSWORD, device })
  const bus = await beseda.connectToBus()
  const { streams } = await jetstreamManager(bus)
  const stream = `KV_${SESSIONS_BUCKET}`
  const filter = { subjects_filter: `$KV.${SESSIONS_BUCKET}.${me?.user?.id}.*` }
  for (const subject of Object.keys((await streams.info(stream, filter)).state.subjects ?? {})) {
    const session = (await streams.getMessage(stream, { last_by_subj: subject }))!.json<{ openedAt: number }>()
    const older = { ...session, openedAt: session.openedAt - 15 * 60_000 }
    await jetstream(bus).publish(subject, JSON.stringify(older))
  }
  await bus.close()
}

test('a provider is linked only after a fresh sign-in; the page leads there and back', async () => {
  const { page, errors, username } = await registerInBrowser(browser, url, 'Lina Linked')
  await ageSessions(username)
  await openSettings(page)
  await settings(page).getByRole('button', { name: 'Add a passkey' }).click()
  await settings(page).getByText('Please sign in again to confirm').waitFor()
  await settings(page).getByRole('button', { name: 'Connect', exact: true }).click()
  await atProvider(page, 'lina')
  await page.getByRole('heading', { name: 'Sign in again' }).waitFor()
  await shoot(page, 'sign-in-again')
  await page.getByRole('button', { name: 'Sign in again' }).click()
  await page.getByLabel('Username').fill(username)
  await page.getByLabel('Password').fill(PASSWORD)
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
  await inside(page)
  await openSettings(page)
  await settings(page).getByRole('button', { name: 'Disconnect' }).waitFor()
  expect(errors).toEqual([])
})
