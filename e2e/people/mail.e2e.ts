import { Installation, TestMailbox } from '@beseda/testkit'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { problemsInEveryLook } from '../support/axe.js'
import { openWindow, withBrowser } from '../support/browser.js'
import { fillRegistration, PASSWORD, uniqueName } from '../support/people.js'
import { shoot } from '../support/shots.js'

/** A person with a mail address, on an installation that sends mail to a real SMTP server. */
let beseda: Installation
let box: TestMailbox
beforeAll(async () => {
  box = await TestMailbox.start()
  beseda = await Installation.start({ SMTP_URL: box.url, MAIL_FROM: 'Chat <chat@example.org>', MAIL: 'true' })
})
afterAll(async () => {
  await beseda?.stop()
  await box?.stop()
})
let browser: Browser
withBrowser((launched) => {
  browser = launched
})

const inside = (page: Page) => page.getByRole('button', { name: 'New conversation' }).first().waitFor()

/** The code in the link of the newest letter, which leads to this page. */
const codeFor = (page: string): Promise<string> =>
  vi.waitFor(() => {
    const found = new RegExp(`/${page}#([\\w-]+)`).exec(box.mails.at(-1)?.parsed.text ?? '')?.[1] ?? ''
    expect(found).not.toBe('')
    return found
  })

test('a person enters an address, confirms it, forgets the password, sets a new one by mail, and signs in', async () => {
  const { page, errors } = await openWindow(browser, beseda.url)
  const username = uniqueName('ann')
  await page.goto('/register')
  await fillRegistration(page, username, 'Ann Forgetful')
  await inside(page)
  await page.getByRole('button', { name: 'Settings', exact: true }).click()
  const form = page.getByTestId('email')
  await form.getByRole('button', { name: 'Add an address' }).click()
  await form.getByLabel('Email address').fill('no address')
  await form.getByLabel('Current password').fill(PASSWORD)
  await form.getByRole('button', { name: 'Send link' }).click()
  await form.getByText('This isn’t an email address.').waitFor()
  await form.getByLabel('Email address').fill('ann@example.org')
  await form.getByRole('button', { name: 'Send link' }).click()
  await form.getByText('We sent a link to ann@example.org.').waitFor()
  expect(await problemsInEveryLook(page, '[data-testid="email"]')).toEqual([])
  await shoot(page, 'email-sent')

  // The mail is read on another device.
  const { page: phone } = await openWindow(browser, beseda.url, { phone: true, colorScheme: 'dark' })
  await phone.goto(`/confirm-email#${await codeFor('confirm-email')}`)
  const confirm = phone.getByRole('button', { name: 'Confirm the address' })
  await confirm.waitFor()
  expect(await problemsInEveryLook(phone)).toEqual([])
  await confirm.click()
  await phone.getByText('ann@example.org is confirmed.').waitFor()
  await shoot(phone, 'email-confirmed')

  await phone.goto('/sign-in')
  await phone.getByRole('link', { name: 'Forgot password?' }).waitFor()
  await shoot(phone, 'sign-in-with-mail')
  await phone.getByRole('link', { name: 'Forgot password?' }).click()
  await phone.getByRole('heading', { name: 'Forgot your password?' }).waitFor()
  expect(new URL(phone.url()).pathname).toBe('/forgot-password')
  expect(await problemsInEveryLook(phone)).toEqual([])
  await phone.getByLabel('Email address').fill('ann@example.org')
  await phone.getByRole('button', { name: 'Send link' }).click()
  await phone.getByText('If an account has confirmed ann@example.org').waitFor()
  await shoot(phone, 'forgot-password')
  await phone.goto(`/reset#${await codeFor('reset')}`)
  await phone.getByLabel('New password').fill('a quite different horse')
  await phone.getByRole('button', { name: 'Save password' }).click()
  await phone.getByText(`Your username is ${username}.`).waitFor()

  // The window where the person was signed in is not any more.
  await page.getByText('Your session has ended.').waitFor()
  await phone.getByRole('link', { name: 'Sign in' }).click()
  await phone.getByLabel('Username').fill(username)
  await phone.getByLabel('Password', { exact: true }).fill('a quite different horse')
  await phone.getByRole('button', { name: 'Sign in', exact: true }).click()
  await inside(phone)
  await vi.waitFor(() =>
    expect(box.mails.map(({ parsed }) => parsed.subject)).toEqual([
      'Confirm your mail address',
      'A new password',
      'The sign-in of your account was changed',
      'A sign-in on a new device',
    ]),
  )
  expect(errors).toEqual([])
})
