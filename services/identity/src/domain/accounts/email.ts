import { Refusal } from '@beseda/kernel'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import {
  EmailChangedSchema,
  EmailConfirmedSchema,
  EmailRemovedSchema,
  PasswordResetOfferedSchema,
} from '@beseda/proto/identity/v1/events'
import type { Event } from '@beseda/proto/log/v1/commit'
import { cleanEmail } from '@beseda/rules'
import { create } from '@bufbuild/protobuf'
import { timestampFromMs } from '@bufbuild/protobuf/wkt'
import { type Account, type AccountCommand, sameBytes } from './account.js'

type EventBody = Event['body']
type Of<Type extends AccountCommand['type']> = Extract<AccountCommand, { type: Type }>

/** How long the link that confirms an address works. Longer: it can be found in a mailbox; shorter: mail may be late. */
export const CONFIRM_MS = 24 * 3_600_000

/** How long a link for a new password works that came by mail. Longer: it lies in the mailbox; shorter: mail may be late. */
export const MAIL_RESET_MS = 30 * 60_000

/** Errors: NOT_PERMITTED for a bot, to which nobody writes; BAD_EMAIL. */
export function setEmail({ address, codeHash, now }: Of<'SetEmail'>, { ownerId }: Account): EventBody {
  if (ownerId !== '') throw new Refusal(ErrorReason.NOT_PERMITTED)
  const expiresAt = timestampFromMs(now + CONFIRM_MS)
  const value = create(EmailChangedSchema, { address: cleanEmail(address), codeHash, expiresAt })
  return { case: 'emailChanged', value }
}

/** Errors: EMAIL_LINK_EXPIRED. */
export function confirmEmail({ codeHash, now }: Of<'ConfirmEmail'>, { unconfirmed }: Account): EventBody {
  const counts = unconfirmed !== undefined && now < unconfirmed.until && sameBytes(unconfirmed.codeHash, codeHash)
  if (!counts) throw new Refusal(ErrorReason.EMAIL_LINK_EXPIRED)
  return { case: 'emailConfirmed', value: create(EmailConfirmedSchema, { address: unconfirmed.address }) }
}

export function removeEmail({ email, unconfirmed }: Account): readonly EventBody[] {
  if (email === '' && unconfirmed === undefined) return []
  return [{ case: 'emailRemoved', value: create(EmailRemovedSchema) }]
}

/**
 * The person has asked for a new password by mail. Errors: NOT_PERMITTED without an address; for an account without a password, whose person
 * signs in by other means, and a mailbox shall not become another one; and while the code of an administrator works, which a stranger who
 * knows the address could take away.
 */
export function mailReset({ userId, codeHash, at }: Of<'MailPasswordReset'>, account: Account): EventBody {
  const { email, passwordHash, reset } = account
  const isHelped = reset !== undefined && at < reset.until && reset.offeredBy !== userId
  if (email === '' || passwordHash === '' || isHelped) throw new Refusal(ErrorReason.NOT_PERMITTED)
  const expiresAt = timestampFromMs(at + MAIL_RESET_MS)
  const value = create(PasswordResetOfferedSchema, { codeHash, expiresAt, offeredBy: userId })
  return { case: 'passwordResetOffered', value }
}
