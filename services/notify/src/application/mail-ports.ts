import type { Letter } from '@beseda/proto/mail/v1/letter'
import type { Missed, MissedState } from '../domain/mail/missed.js'
import type { Loaded } from './ports.js'

/** Who has missed something and has not been written to yet. */
export interface Waiting extends Missed {
  readonly userId: string
  /** Of the event that says so. */
  readonly seq: number
}

export abstract class MissedStore {
  abstract load(userId: string): Loaded<MissedState>
  /** In the order of their ids. */
  abstract page(afterUserId: string, limit: number): readonly Waiting[]
}

export abstract class LetterQueue {
  /** Resolves when the letter is durable. One with the id of another that was queued shortly before is not queued again. */
  abstract add(letter: Letter): Promise<void>
}

/** What a person has not read in a conversation. */
export interface ReadCounts {
  readonly groupId: string
  readonly unread: number
  readonly mentions: number
}

/** What other services know that letters need. */
export abstract class Correspondents {
  /** Of these people those who have confirmed an address, with their time zones (IANA name; empty: not known). */
  abstract reachable(userIds: readonly string[]): Promise<ReadonlyMap<string, string>>
  /** In all conversations of a person, as it is now. */
  abstract counts(userId: string): Promise<readonly ReadCounts[]>
}
