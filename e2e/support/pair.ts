import type { Browser, Locator, Page } from 'playwright-core'
import { createGroup, messages, type PersonAtWindow, personAtWindow } from './people.js'

/** A message of the open conversation, by its words. */
export const message = (page: Page, text: string | RegExp): Locator =>
  messages(page).getByRole('article').filter({ hasText: text })

/** Opens a conversation of the list. */
export const open = (page: Page, name: string) =>
  page
    .getByRole('link', { name: new RegExp(name) })
    .first()
    .click()

/** Two people in a new group, both with it open: one in the dark theme, one in the light. */
export async function pairIn(
  browser: Browser,
  { url }: { readonly url: string },
  name: string,
): Promise<[PersonAtWindow, PersonAtWindow]> {
  const ann = await personAtWindow(browser, url, 'Ann Petrova')
  const bob = await personAtWindow(browser, url, 'Боб Иванов', { colorScheme: 'light' })
  await createGroup(ann.page, name, [bob])
  await open(bob.page, name)
  await bob.page.getByRole('textbox', { name: 'Message' }).waitFor()
  return [ann, bob]
}
