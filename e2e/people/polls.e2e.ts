import type { Browser, Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { problemsInEveryLook } from '../support/axe.js'
import { withBrowser } from '../support/browser.js'
import { message, open, pairIn } from '../support/pair.js'
import { sharedInstallation } from '../support/shared-installation.js'
import { shoot } from '../support/shots.js'

/** Polls, in two browsers at once. */
const beseda = sharedInstallation()
let browser: Browser
withBrowser((launched) => {
  browser = launched
})

const form = (page: Page) => page.getByRole('dialog', { name: 'New poll' })

async function write(page: Page, question: string, ...options: string[]): Promise<void> {
  if (question) await form(page).getByRole('textbox', { name: 'Question' }).fill(question)
  for (const [i, option] of options.entries()) {
    await form(page)
      .getByRole('textbox', { name: `Option ${i + 1}` })
      .fill(option)
    if (i >= 1 && i < options.length - 1) await page.keyboard.press('Enter')
  }
}

test('a poll is asked, voted in, seen by name, and ended, on both sides at once', async () => {
  const [ann, bob] = await pairIn(browser, beseda, 'Poll room')
  await ann.page.getByRole('button', { name: 'Add', exact: true }).click()
  await ann.page.getByRole('menuitem', { name: 'Attach files' }).waitFor()
  await ann.page.getByRole('menuitem', { name: 'Poll' }).click()
  await write(ann.page, 'What to drink?', 'Tea', 'Coffee', 'Water')
  expect(await problemsInEveryLook(ann.page, '[role=dialog]')).toEqual([])
  await shoot(ann.page, 'poll-form-dark')
  await form(ann.page).getByRole('button', { name: 'Ask' }).click()
  await form(ann.page).waitFor({ state: 'hidden' })

  const option = (page: Page, name: string, pressed: boolean) =>
    message(page, 'What to drink?').getByRole('button', { name, pressed })
  await option(bob.page, 'Coffee', false).click()
  await option(bob.page, 'Coffee', true).getByText('1 vote').waitFor()
  await option(ann.page, 'Coffee', false).getByText('1 vote').waitFor()
  await option(ann.page, 'Tea', false).click()
  await option(bob.page, 'Tea', false).getByText('1 vote').waitFor()
  await option(bob.page, 'Tea', false).click()
  await option(ann.page, 'Tea', true).getByText('2 votes').waitFor()
  await option(ann.page, 'Coffee', false).getByText('No votes yet').waitFor()
  expect(await problemsInEveryLook(ann.page, 'main')).toEqual([])
  await shoot(bob.page, 'poll-light')

  await message(ann.page, 'What to drink?').getByRole('button', { name: 'Who voted' }).click()
  const voters = ann.page.getByRole('dialog', { name: 'Who voted' })
  await voters.getByText('Боб Иванов').waitFor()
  await shoot(ann.page, 'poll-voters-dark')
  await ann.page.keyboard.press('Escape')

  await message(ann.page, 'What to drink?').getByRole('button', { name: 'End poll' }).click()
  await ann.page.getByRole('dialog').getByRole('button', { name: 'End poll' }).click()
  await message(bob.page, 'What to drink?').getByText('Poll ended').waitFor()
  expect(await option(bob.page, 'Tea', true).getAttribute('aria-disabled')).toBe('true')
  await bob.page.reload()
  await option(bob.page, 'Tea', true).getByText('2 votes').waitFor()
})

test('by keyboard alone: asked with a command, anonymous, and answered', async () => {
  const [ann, bob] = await pairIn(browser, beseda, 'Secret poll room')
  await ann.page.getByRole('textbox', { name: 'Message' }).focus()
  await ann.page.keyboard.type('/poll Shall we move?')
  await ann.page.keyboard.press('Enter')
  await form(ann.page).waitFor()
  await write(ann.page, '', 'Yes', 'No')
  await form(ann.page).getByRole('checkbox', { name: 'Anonymous' }).focus()
  await ann.page.keyboard.press('Space')
  await form(ann.page).getByRole('button', { name: 'Ask' }).focus()
  await ann.page.keyboard.press('Enter')
  const poll = message(bob.page, 'Shall we move?')
  await poll.getByRole('button', { name: 'Yes' }).focus()
  await bob.page.keyboard.press('Enter')
  await poll.getByRole('button', { name: 'Yes', pressed: true }).waitFor()
  await message(ann.page, 'Shall we move?').getByText('anonymous').waitFor()
  await message(ann.page, 'Shall we move?')
    .getByRole('button', { name: 'Yes', pressed: false })
    .getByText('1 vote')
    .waitFor()
  expect(await message(ann.page, 'Shall we move?').getByRole('button', { name: 'Who voted' }).count()).toBe(0)
  // The list of conversations says what it is.
  await open(ann.page, 'Secret poll room')
  await ann.page
    .getByRole('link', { name: /Secret poll room/ })
    .getByText('Poll: Shall we move?')
    .waitFor()
})
