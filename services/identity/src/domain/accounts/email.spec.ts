import { aggregate } from '@beseda/kernel/testing'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { Admission } from '@beseda/proto/identity/v1/events'
import { expect, test } from 'vitest'
import type { AccountCommand, AccountEvent, AccountState } from './account.js'
import { accountDecider } from './account-decider.js'
import { CONFIRM_MS, MAIL_RESET_MS } from './email.js'

const given = aggregate<AccountState, AccountCommand, AccountEvent>(accountDecider)
const bytes = (...values: number[]) => new Uint8Array(values)
const registration = { username: 'ann', displayName: 'Ann', passwordHash: 'hash', locale: 'en' } as const
const register = (passwordHash = 'hash') =>
  given([])
    .when({ type: 'Register', ...registration, passwordHash, admission: Admission.OPEN })
    .events()
const bot = given([])
  .when({ type: 'CreateBot', username: 'bot', displayName: 'B', ownerId: 'ann', tokenHash: bytes(1), scopes: [] })
  .events()
const set = (address: string, code = 1): AccountCommand => ({
  type: 'SetEmail',
  address,
  codeHash: bytes(code),
  now: 0,
})
const confirm = (code = 1, now = 1): AccountCommand => ({ type: 'ConfirmEmail', codeHash: bytes(code), now })
const ask = (at: number): AccountCommand => ({ type: 'MailPasswordReset', userId: 'ann', codeHash: bytes(9), at })
function after(before: readonly AccountEvent[], ...commands: AccountCommand[]): readonly AccountEvent[] {
  const events = [...before]
  for (const command of commands) events.push(...given(events).when(command).events())
  return events
}
const confirmed = after(register(), set('a@b.org'), confirm())

test('an address counts when its link was opened, and until then the one before stays', () => {
  expect(given(after(register(), set('a@b.org'))).state()).toMatchObject({
    email: '',
    unconfirmed: { until: CONFIRM_MS },
  })
  expect(given(confirmed).state()).toMatchObject({ email: 'a@b.org', unconfirmed: undefined })
  const moving = after(confirmed, set('c@d.org', 2))
  expect(given(moving).state()).toMatchObject({ email: 'a@b.org', unconfirmed: { address: 'c@d.org' } })
  expect(given(after(moving, confirm(2))).state()).toMatchObject({ email: 'c@d.org' })
})

test('a link works once, until it expires or a newer one is sent', () => {
  given(confirmed).when(confirm()).refused(ErrorReason.EMAIL_LINK_EXPIRED)
  given(after(register(), set('a@b.org')))
    .when(confirm(1, CONFIRM_MS))
    .refused(ErrorReason.EMAIL_LINK_EXPIRED)
  const again = after(register(), set('a@b.org'), set('a@b.org', 2))
  given(again).when(confirm()).refused(ErrorReason.EMAIL_LINK_EXPIRED)
})

test('a link does not outlive the password with which it was asked for, nor a second factor that is new', () => {
  const moving = after(confirmed, set('thief@b.org', 2))
  const factor = { type: 'AddSecondFactor', sealedSecret: bytes(4), recoveryHashes: [] } as const
  for (const command of [{ type: 'ChangePassword', passwordHash: 'other' } as const, factor]) {
    const changed = after(moving, command)
    expect(given(changed).state()).toMatchObject({ email: 'a@b.org', unconfirmed: undefined })
    given(changed).when(confirm(2)).refused(ErrorReason.EMAIL_LINK_EXPIRED)
  }
})

test('what is no address is refused, and a bot has none', () => {
  given(register()).when(set('a@b.org\r\nBcc: c@d.org')).refused(ErrorReason.BAD_EMAIL)
  given(bot).when(set('a@b.org')).refused(ErrorReason.NOT_PERMITTED)
})

test('an address is removed, confirmed or not, once', () => {
  for (const events of [confirmed, after(register(), set('a@b.org'))]) {
    const removed = after(events, { type: 'RemoveEmail' })
    expect(given(removed).state()).toMatchObject({ email: '', unconfirmed: undefined })
    given(removed).when({ type: 'RemoveEmail' }).yields([])
  }
})

test('a code for a new password by mail works for half an hour, and not after the address has changed', () => {
  const asked = after(confirmed, ask(5))
  expect(given(asked).state()).toMatchObject({ reset: { offeredBy: 'ann', until: 5 + MAIL_RESET_MS } })
  for (const leaves of [[set('c@d.org', 2), confirm(2)], [{ type: 'RemoveEmail' } as const]]) {
    expect(given(after(asked, ...leaves)).state()).toMatchObject({ reset: undefined })
  }
})

test('nobody gets a code without an address or a password, nor in the place of an administrator’s', () => {
  given(register()).when(ask(5)).refused(ErrorReason.NOT_PERMITTED)
  given(after(register(''), set('a@b.org'), confirm()))
    .when(ask(5))
    .refused(ErrorReason.NOT_PERMITTED)
  const helped = after(confirmed, { type: 'OfferPasswordReset', codeHash: bytes(3), offeredBy: 'admin', now: 0 })
  given(helped).when(ask(5)).refused(ErrorReason.NOT_PERMITTED)
  expect(given(after(helped, ask(25 * 3_600_000))).state()).toMatchObject({ reset: { offeredBy: 'ann' } })
})
