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
  await field.press('Enter')
}

export const messages = (page: Page) => page.getByRole('log', { name: 'Messages' })

export async function createGroup(
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

export async function openDirect(page: Page, person: { username: string; displayName: string }): Promise<void> {
  await page.getByRole('button', { name: 'New conversation' }).first().click()
  await page.getByRole('menuitem', { name: 'Direct message' }).click()
  await page.getByLabel('Find people').fill(person.username)
  await page.getByRole('option', { name: `@${person.username}` }).click()
  await page.getByRole('heading', { name: person.displayName, level: 1 }).waitFor()
}
