import { LetterKind } from '@beseda/proto/mail/v1/letter'

const MINUTE_MS = 60_000

/**
 * How long a letter is worth sending. Longer: it says what is not so any more; shorter: it is lost while the SMTP server is away. A link for a
 * new password works for half an hour from when it was asked for.
 */
const WORTH_MS: Readonly<Record<LetterKind, number>> = {
  [LetterKind.UNSPECIFIED]: 0,
  [LetterKind.CONFIRM_EMAIL]: 24 * 60 * MINUTE_MS,
  [LetterKind.RESET_PASSWORD]: 30 * MINUTE_MS,
  [LetterKind.NEW_DEVICE]: 24 * 60 * MINUTE_MS,
  [LetterKind.ADDRESS_LEFT]: 24 * 60 * MINUTE_MS,
  [LetterKind.SIGN_IN_CHANGED]: 24 * 60 * MINUTE_MS,
  [LetterKind.INVITATION]: 24 * 60 * MINUTE_MS,
  // Counted anew when it is sent; a digest gives way to the next one.
  [LetterKind.MISSED]: 12 * 60 * MINUTE_MS,
  [LetterKind.DIGEST]: 20 * 60 * MINUTE_MS,
  // Nobody is reminded longer before; once the call has begun, the notify service says no.
  [LetterKind.CALL_REMINDER]: 60 * MINUTE_MS,
  // As long as the queue keeps letters: a calendar that misses one stays wrong.
  [LetterKind.CALL_INVITATION]: 72 * 60 * MINUTE_MS,
  [LetterKind.CALL_CANCELLATION]: 72 * 60 * MINUTE_MS,
}

/** `writtenAt`: Unix ms. A kind that a newer release has written is never sent by this one. */
export const isWorthSending = (kind: LetterKind, writtenAt: number, now: number): boolean =>
  now < writtenAt + (WORTH_MS[kind] ?? 0)

const FIRST_WAIT_MS = 5_000
const LONGEST_WAIT_MS = 10 * MINUTE_MS

/** How long to wait before a letter is sent again that has failed this many times: twice as long each time. */
export const waitAfter = (failures: number): number =>
  Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.max(0, failures - 1))
