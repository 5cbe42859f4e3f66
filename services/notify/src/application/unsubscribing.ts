import { timingSafeEqual } from 'node:crypto'
import type { Caller } from '@beseda/history'
import { isUuid, Refusal } from '@beseda/kernel'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { MailChoice } from '@beseda/proto/notify/v1/events'
import type { NotificationPreferences } from './notification-preferences.js'

/** 128 bits, which nobody guesses. */
const CODE_BYTES = 16
/** Characters of a person's id, with which a code begins. */
const ID_LENGTH = 36

/** What makes codes: the secret of the installation. */
export interface CodeKey {
  hash(purpose: string, text: string): Buffer
}

/**
 * Ends letters about what somebody has missed, and about calls, without signing in (RFC 8058). The code says of whom, and only this installation can make it; it
 * is the same in all their letters, so that an old one works, too.
 */
export class Unsubscribing {
  constructor(
    private readonly key: CodeKey,
    private readonly preferences: Pick<NotificationPreferences, 'setMail'>,
  ) {}

  codeOf(userId: string): string {
    return `${userId}-${this.#proof(userId).toString('base64url')}`
  }

  /** Errors: MAIL_LINK_INVALID. */
  async end(code: string, anonymous: Omit<Caller, 'userId'>): Promise<void> {
    const userId = code.slice(0, ID_LENGTH)
    const given = Buffer.from(code.slice(ID_LENGTH + 1), 'base64url')
    const isRight = isUuid(userId) && given.length === CODE_BYTES && timingSafeEqual(given, this.#proof(userId))
    if (!isRight) throw new Refusal(ErrorReason.MAIL_LINK_INVALID)
    await this.preferences.setMail(MailChoice.OFF, false, { ...anonymous, userId })
  }

  #proof(userId: string): Buffer {
    return this.key.hash('code that ends letters', userId).subarray(0, CODE_BYTES)
  }
}
