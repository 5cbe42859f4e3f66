import type { Browser } from 'playwright-core'
import { expect, test } from 'vitest'
import { withBrowser } from '../support/browser.js'
import { message, pairIn } from '../support/pair.js'
import { messages, PASSWORD, say } from '../support/people.js'
import { sharedInstallation } from '../support/shared-installation.js'
import { shoot } from '../support/shots.js'

/** What a person is to others, from the first picture to the end of the account. */
const beseda = sharedInstallation()
let browser: Browser
withBrowser((launched) => {
  browser = launched
})

test('a person changes picture and name, blocks somebody, creates a bot, and deletes the account', async () => {
  const [ann, bob] = await pairIn(browser, beseda, 'Profile')
  await bob.page.getByRole('button', { name: 'Settings', exact: true }).click()
  await bob.page
    .locator('input[accept="image/*"]')
    .setInputFiles({ name: 'me.png', mimeType: 'image/png', buffer: await bob.page.screenshot() })
  await bob.page
    .getByRole('dialog', { name: 'Choose the part to show' })
    .getByRole('button', { name: 'Use picture' })
    .click()
  await bob.page.getByRole('button', { name: 'Remove picture' }).waitFor()
  await shoot(bob.page, 'settings-light')
  await bob.page.getByRole('button', { name: 'Create bot' }).click()
  await bob.page.getByRole('dialog').getByLabel('Username').fill(`bot-${Date.now()}`)
  await bob.page.getByRole('button', { name: 'Create bot' }).click()
  expect(await bob.page.getByRole('textbox', { name: 'Token' }).inputValue()).toMatch(/^beseda_bot_/)
  await bob.page.getByRole('button', { name: /^Remove bot-/ }).click()
  const question = bob.page.getByRole('dialog', { name: /^Delete bot-/ })
  await question.waitFor()
  await shoot(bob.page, 'bot-delete-dark')
  await question.getByRole('button', { name: 'Delete bot' }).click()
  await question.waitFor({ state: 'detached' })
  await bob.page.getByRole('button', { name: /^Remove bot-/ }).waitFor({ state: 'detached' })
  await bob.page.keyboard.press('Escape')
  await say(bob.page, 'hello from Bob')
  await message(ann.page, 'hello from Bob')
    .getByRole('button', { name: /Profile of/ })
    .click()
  await shoot(ann.page, 'profile-dark')
  await ann.page
    .getByRole('dialog')
    .getByRole('button', { name: /^Options for/ })
    .click()
  await ann.page.getByRole('menuitem', { name: 'Block' }).click()
  await ann.page
    .getByRole('dialog', { name: /^Block/ })
    .getByRole('button', { name: 'Block' })
    .click()
  await ann.page.keyboard.press('Escape')
  await messages(ann.page)
    .getByRole('button', { name: /someone you blocked/ })
    .waitFor()

  await bob.page.getByRole('button', { name: 'Settings', exact: true }).click()
  await bob.page.getByRole('button', { name: 'Delete account' }).click()
  await bob.page.getByRole('form').or(bob.page.locator('form')).getByLabel('Current password').last().fill(PASSWORD)
  await bob.page.getByRole('button', { name: 'Delete permanently' }).click()
  await bob.page.getByRole('heading', { name: 'Welcome back' }).waitFor()
  await ann.page.getByRole('heading', { name: '1 member', exact: true }).waitFor()
  await messages(ann.page).getByText('hello from Bob').waitFor({ state: 'detached' })
  expect([...ann.errors, ...bob.errors]).toEqual([])
})
