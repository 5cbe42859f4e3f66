import { newId } from '@beseda/kernel'
import { GroupKind } from '@beseda/proto/group/v1/events'
import { GroupService } from '@beseda/proto/group/v1/group_service'
import { ScheduleService } from '@beseda/proto/group/v1/schedule_service'
import { IdentityService } from '@beseda/proto/identity/v1/identity_service'
import { MailService } from '@beseda/proto/mail/v1/mail_service'
import { MissedMailService } from '@beseda/proto/notify/v1/missed_mail_service'
import { PresenceService } from '@beseda/proto/presence/v1/presence_service'
import { apiClient, comingBack } from '@beseda/testkit'
import { timestampMs } from '@bufbuild/protobuf/wkt'
import type { Browser, Page } from 'playwright-core'
import { openWindow, type Window } from './browser.js'

export const PASSWORD = 'correct horse battery'
/** Of this test file: several use one installation at the same time. */
const FILE = Math.random().toString(36).slice(2, 7)
let count = 0

/** A name that is unique in this installation. */
export const uniqueName = (name: string): string => `${name}${FILE}${Date.now().toString(36)}${++count}`

export interface PersonAtWindow extends Window {
  readonly username: string
  readonly displayName: string
}

/**
 * Somebody who has an account and is signed in at a window of their own. Registered by the API, since loading and filling two more pages cost as much
 * processor time as the rest of a start; tests about registering use `registerInBrowser`.
 */
export async function personAtWindow(
  browser: Browser,
  url: string,
  displayName: string,
  options: Parameters<typeof openWindow>[2] = {},
  /** Called before the first page. */
  prepare?: (page: Page) => Promise<void>,
): Promise<PersonAtWindow> {
  const window = await openWindow(browser, url, options)
  const { page } = window
  await prepare?.(page)
  const username = uniqueName('e2e')
  const stored = await register(url, username, displayName)
  // A page of the same origin that runs nothing of ours.
  await page.goto('/mark.svg')
  await page.evaluate((items) => {
    for (const [key, value] of Object.entries(items)) localStorage.setItem(key, value)
  }, stored)
  await page.goto('/')
  await page.getByRole('button', { name: 'New conversation' }).first().waitFor()
  return { ...window, username, displayName }
}

/** People come from addresses of their own, each with its own rate limit. */
const addressOf = () => `10.${[8, 8, 8].map((bits) => Math.floor(Math.random() * 2 ** bits)).join('.')}`

/** An account, and what a browser stores of somebody who is signed in with it. */
async function register(url: string, username: string, displayName: string): Promise<Record<string, string>> {
  const device = { id: newId(), name: 'Chromium on Linux' }
  const person = { commandId: newId(), username, displayName, password: PASSWORD, locale: 'en', device }
  const identity = apiClient(IdentityService, url, undefined, addressOf())
  const { me, tokens } = await comingBack(() => identity.register(person))
  if (!me?.user || !tokens?.accessExpiresAt) throw new Error('the answer to Register lacks me or tokens')
  const { accessToken, refreshToken, accessExpiresAt } = tokens
  const session = { userId: me.user.id, accessToken, refreshToken, expiresAt: timestampMs(accessExpiresAt) }
  return { 'beseda.session': JSON.stringify(session), 'beseda.device': device.id }
}

/** Registers through the page, as a new user would. */
export async function registerInBrowser(
  browser: Browser,
  url: string,
  displayName: string,
  options: Parameters<typeof openWindow>[2] = {},
  /** Called before the first page. */
  prepare?: (page: Page) => Promise<void>,
): Promise<PersonAtWindow> {
  const window = await openWindow(browser, url, options)
  await prepare?.(window.page)
  const username = uniqueName('e2e')
  await window.page.goto('/')
  await window.page.getByRole('link', { name: 'Create an account' }).click()
  await fillRegistration(window.page, username, displayName)
  await window.page.getByRole('button', { name: 'New conversation' }).first().waitFor()
  return { ...window, username, displayName }
}

/** The display name first: only this page has it, not the one before. */
export async function fillRegistration(page: Page, username: string, displayName: string): Promise<void> {
  await page.getByLabel('Display name').fill(displayName)
  await page.getByLabel('Username').fill(username)
  await page.getByLabel('Password').fill(PASSWORD)
  await page.getByRole('button', { name: 'Create account' }).click()
}

export async function say(page: Page, text: string): Promise<void> {
  const field = page.getByRole('textbox', { name: 'Message' })
  await field.fill(text)
  // Under a finger, Enter makes a line.
  if (await page.evaluate(() => matchMedia('(pointer: coarse)').matches))
    await page.getByRole('button', { name: 'Send' }).tap()
  else await field.press('Enter')
}

export const messages = (page: Page) => page.getByRole('log', { name: 'Messages' })

/** The signed-in person's own API calls, as from a script. */
export async function apiOf(page: Page) {
  const { session, origin } = await page.evaluate(() => ({
    session: localStorage.getItem('beseda.session') ?? '{}',
    origin: location.origin,
  }))
  const { accessToken } = JSON.parse(session) as { accessToken: string }
  return {
    groups: apiClient(GroupService, origin, accessToken),
    identity: apiClient(IdentityService, origin, accessToken),
    mail: apiClient(MailService, origin, accessToken),
    missedMail: apiClient(MissedMailService, origin, accessToken),
    presence: apiClient(PresenceService, origin, accessToken),
    schedule: apiClient(ScheduleService, origin, accessToken),
  }
}

/** Makes a group of both kinds by the API, as `personAtWindow` makes accounts, and opens it at the window. */
async function createByApi(
  page: Page,
  kind: GroupKind,
  name: string,
  people: readonly { username: string }[],
): Promise<void> {
  const { groups, identity } = await apiOf(page)
  const idOf = async ({ username }: { username: string }) => {
    const { users } = await identity.searchUsers({ query: username })
    const found = users.find((user) => user.username === username)
    if (!found) throw new Error(`nobody is found as ${username}`)
    return found.id
  }
  const memberIds = await Promise.all(people.map(idOf))
  await groups.createGroup({ commandId: newId(), kind, name, memberIds })
}

async function openConversation(page: Page, name: string): Promise<void> {
  await page.getByRole('link', { name }).first().click()
  await page.getByRole('heading', { name, level: 1 }).waitFor()
}

export async function createGroup(page: Page, name: string, people: readonly { username: string }[]): Promise<void> {
  await createByApi(page, GroupKind.GROUP, name, people)
  await openConversation(page, name)
}

export async function openDirect(page: Page, person: { username: string; displayName: string }): Promise<void> {
  await createByApi(page, GroupKind.DIRECT, '', [person])
  await openConversation(page, person.displayName)
}

/** Through the dialog, as a new user would. */
export async function createGroupInBrowser(
  page: Page,
  name: string,
  people: readonly { username: string; displayName: string }[],
) {
  await page.getByRole('button', { name: 'New conversation' }).first().click()
  await page.getByRole('menuitem', { name: 'New group' }).click()
  await page.getByLabel('Group name').fill(name)
  for (const person of people) {
    await page.getByLabel('Find people').fill(person.username)
    await page.getByRole('option', { name: `@${person.username}` }).click()
  }
  await page.getByRole('button', { name: 'Create group' }).click()
  await page.getByRole('heading', { name, level: 1 }).waitFor()
}

export async function openDirectInBrowser(
  page: Page,
  person: { username: string; displayName: string },
): Promise<void> {
  await page.getByRole('button', { name: 'New conversation' }).first().click()
  await page.getByRole('menuitem', { name: 'Direct message' }).click()
  await page.getByLabel('Find people').fill(person.username)
  await page.getByRole('option', { name: `@${person.username}` }).click()
  await page.getByRole('heading', { name: person.displayName, level: 1 }).waitFor()
}
