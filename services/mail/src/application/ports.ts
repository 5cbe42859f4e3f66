import type { Letter } from '@beseda/proto/mail/v1/letter'
import type { LetterText, Recipient } from '../domain/letter-text.js'

/**
 * A letter that this process has taken from the queue. Nobody else gets it as long as it says every three minutes that it is
 * still being sent.
 */
export interface Taken {
  readonly letter: Letter
  /** How often it was taken before. */
  readonly failures: number
  /** It leaves the queue. Resolves when that is durable. */
  done(): Promise<void>
  /** It is still being sent. Never fails. */
  keep(): void
  /** Somebody takes it again, at the earliest after this time. Never fails: without it somebody does so after three minutes. */
  later(waitMs: number): void
}

export abstract class Queue {
  /** The next letter; undefined: there was none for a second. Errors: those of the bus. */
  abstract next(): Promise<Taken | undefined>
}

/** Knows where people read their mail. */
export abstract class Recipients {
  /** Undefined: there is nothing to send any more. Errors: those of the service that knows. */
  abstract of(letter: Letter): Promise<Recipient | undefined>
}

/** The SMTP server will not take the letter, whenever it is asked: there is no such mailbox, or it is taken for spam. */
export class LetterRefused extends Error {
  override readonly name = 'LetterRefused'
}

export abstract class Postman {
  /** Resolves when the SMTP server has taken the letter. Errors: LetterRefused; others when it may be sent again. */
  abstract send(letter: Letter, address: string, text: LetterText): Promise<void>
}

/** What became of a letter. `needless`: there was nothing to send any more; `late`: it is not worth sending any more. */
export type Fate = 'sent' | 'needless' | 'late' | 'refused' | 'failed'

export abstract class MailObserver {
  abstract letter(letter: Letter, fate: Fate, error?: unknown): void
  /** The bus or the service of accounts does not answer. */
  abstract interrupted(error: unknown): void
}
