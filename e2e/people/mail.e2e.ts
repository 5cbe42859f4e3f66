import { commandCommit, JetStreamEventStore } from '@beseda/event-log'
import { newId } from '@beseda/kernel'
import { NOTIFY_STREAM, notifyMailSubject } from '@beseda/proto'
import { MailChoice, MissedNotedSchema } from '@beseda/proto/notify/v1/events'
import { Status } from '@beseda/proto/presence/v1/presence_service'
import { Installation, TestMailbox } from '@beseda/testkit'
import { create } from '@bufbuild/protobuf'
import { timestampFromMs } from '@bufbuild/protobuf/wkt'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { problemsInEveryLook } from '../support/axe.js'
import { openWindow, withBrowser } from '../support/browser.js'
import {
  apiOf,
  createGroup,
  fillRegistration,
  openDirect,
  PASSWORD,
  personAtWindow,
  say,
  uniqueName,
} from '../support/people.js'
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

/** As if the time were over after which somebody is written to who has missed something. */
async function passTime(userId: string): Promise<void> {
  const bus = await beseda.connectToBus()
  try {
    const store = await JetStreamEventStore.open(bus)
    const subject = notifyMailSubject(userId)
    await vi.waitFor(async () => {
      const noted = await store.last(NOTIFY_STREAM, subject)
      expect(noted?.commit.events[0]?.body.case).toBe('missedNoted')
    })
    const value = create(MissedNotedSchema, { since: timestampFromMs(1), dueAt: timestampFromMs(2) })
    const command = { commandId: newId(), actorId: userId, now: new Date() }
    const commit = commandCommit(command, [{ case: 'missedNoted', value }])
    await store.append({ stream: NOTIFY_STREAM, subject, commit })
  } finally {
    await bus.close()
  }
}

test('a person chooses when they are written to, gets a letter about what they have missed, and ends these letters', async () => {
  const { page, username } = await personAtWindow(browser, beseda.url, 'Bob Away')
  const { identity, mail, missedMail } = await apiOf(page)
  const userId = (await identity.getMe({})).me?.user?.id ?? ''
  const chosen = async () => (await missedMail.getMailChoice({})).mail
  await mail.setEmail({ commandId: newId(), address: 'bob@example.org', password: PASSWORD })
  await mail.confirmEmail({ code: await codeFor('confirm-email') })
  await page.getByRole('button', { name: 'Settings', exact: true }).click()
  await page.getByLabel('Email about missed messages').selectOption('After 15 minutes')
  await expect.poll(chosen).toBe(MailChoice.SOON)
  await page.getByRole('switch', { name: /^Calendar invitations by email/ }).click()
  await expect.poll(async () => (await missedMail.getMailChoice({})).callInvitations).toBe(true)
  expect(await problemsInEveryLook(page, '[data-testid="missed-mail"]')).toEqual([])
  await page.getByTestId('missed-mail').scrollIntoViewIfNeeded()
  await shoot(page, 'missed-mail-choice')
  const { page: others, displayName } = await personAtWindow(browser, beseda.url, 'Anna There')
  // Of the same origin, without a socket: the person is away.
  await page.goto('/mark.svg')
  const { presence } = await apiOf(others)
  const shown = async () => (await presence.getPresence({ userIds: [userId] })).presences[0]?.status
  await expect.poll(shown).toBe(Status.OFFLINE)
  await openDirect(others, { username, displayName: 'Bob Away' })
  await say(others, 'Are you there?')
  await passTime(userId)
  const letter = await vi.waitFor(() => {
    const found = box.mails.find(({ parsed }) => parsed.subject?.startsWith('You missed'))
    expect(found).toBeDefined()
    return found?.parsed.text ?? ''
  })
  expect(letter).toContain('1 direct message.')
  expect(letter).not.toContain(displayName)
  const code = /unsubscribe#([\w-]+)/.exec(letter)?.[1] ?? ''

  // What looks at every link of a mail ends nothing.
  expect((await fetch(`${beseda.url}/unsubscribe/${code}`)).status).toBe(200)
  expect(await chosen()).toBe(MailChoice.SOON)
  const { page: phone } = await openWindow(browser, beseda.url, { phone: true, colorScheme: 'dark' })
  await phone.goto(`/unsubscribe#${code}`)
  await phone.getByRole('button', { name: 'Stop these emails' }).waitFor()
  expect(await problemsInEveryLook(phone)).toEqual([])
  await shoot(phone, 'unsubscribe')
  await phone.getByRole('button', { name: 'Stop these emails' }).click()
  await phone.getByText('Emails about missed messages and calls have stopped.').waitFor()
  await shoot(phone, 'unsubscribed')
  expect(await chosen()).toBe(MailChoice.OFF)

  // The same by the button of a mail program, which sends this by itself.
  await missedMail.setMailChoice({ commandId: newId(), mail: MailChoice.DAILY })
  const click = (of: string) =>
    fetch(`${beseda.url}/unsubscribe/${of}`, { method: 'POST', body: 'List-Unsubscribe=One-Click' })
  expect((await click(code.slice(0, -1))).status).toBe(404)
  expect(await chosen()).toBe(MailChoice.DAILY)
  expect((await click(code)).status).toBe(200)
  expect(await chosen()).toBe(MailChoice.OFF)
  // Whoever has the code keeps nobody busy with it.
  const answers = await Promise.all(Array.from({ length: 60 }, async () => (await click(code)).status))
  expect(new Set(answers)).toEqual(new Set([200, 429]))
})

test('whoever has made a link sends it to an address, and the letter opens its page', async () => {
  const { page } = await personAtWindow(browser, beseda.url, 'Olga Host')
  await createGroup(page, 'Chess Club', [])
  await page.getByRole('button', { name: 'Invite people' }).click()
  const dialog = page.getByRole('dialog', { name: 'Invite people' })
  await dialog.getByRole('button', { name: 'Create link' }).click()
  await dialog.getByRole('button', { name: 'Send by email' }).click()
  await dialog.getByLabel('Email address').fill('no address')
  await dialog.getByRole('button', { name: 'Send', exact: true }).click()
  await dialog.getByText('This isn’t an email address.').waitFor()
  expect(await problemsInEveryLook(page, '[role=dialog]')).toEqual([])
  await shoot(page, 'invite-by-mail')
  await dialog.getByLabel('Email address').fill('friend@example.org')
  await dialog.getByRole('button', { name: 'Send', exact: true }).click()
  await dialog.getByText('An invitation is on its way to friend@example.org').waitFor()
  const link = await vi.waitFor(() => {
    const letter = box.mails.find(({ to }) => to.includes('friend@example.org'))
    const found = /(\/invite\/\S+)/.exec(letter?.parsed.text ?? '')?.[1]
    expect(found).toBeDefined()
    return found ?? ''
  })
  const { page: friend } = await openWindow(browser, beseda.url)
  await friend.goto(link)
  await friend.getByText('Chess Club').first().waitFor()
})
