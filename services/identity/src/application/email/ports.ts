import type { Letter } from '@beseda/proto/mail/v1/letter'

/** Who has claimed an address. */
export interface EmailClaim {
  /** A keyed hash of the address. */
  readonly key: string
  readonly userId: string
  /** Unix ms. */
  readonly claimedAt: number
  readonly seq: number
}

/** An address in a letter that only this service can read: typed by somebody who is not signed in, or one that an account had. */
export interface Asked {
  readonly address: string
}

export abstract class EmailStore {
  /** The newest claim of an address. */
  abstract claim(key: string): EmailClaim | undefined
  abstract claimsOf(userId: string): readonly EmailClaim[]
}

/** Where letters wait until the mail service has sent them. */
export abstract class LetterQueue {
  /** Resolves when the letter is durable. One with the id of another that was queued shortly before is not queued again. */
  abstract add(letter: Letter): Promise<void>
}

/** On which devices people have signed in, for as long as sessions are kept. */
export abstract class KnownDevices {
  /** False: it was known. */
  abstract add(userId: string, deviceId: string): Promise<boolean>
}

/** Who writes to whom in a time in which only one may. */
export abstract class LetterSlots {
  /** False: another letter has taken the slot. */
  abstract take(slot: string, letterId: string): Promise<boolean>
}
