import { Status } from '@beseda/proto/presence/v1/presence_service'
import { type Attention, attentionOf, type PresenceDocument } from '../domain/presence.js'
import type { PresenceDocuments } from './ports.js'

/** A person as somebody sees them. */
export interface SeenPresence {
  readonly userId: string
  readonly person: PresenceDocument | undefined
  readonly status: Status
  /** Of the caller alone: what they have chosen. */
  readonly chosen: Status
}

export class PresenceQueries {
  constructor(private readonly documents: PresenceDocuments) {}

  /** As others see them; the caller, when invisible, sees that choice. */
  async getPresence(userIds: readonly string[], callerId: string): Promise<readonly SeenPresence[]> {
    const documents = await this.documents.getMany(userIds)
    return userIds.map((userId, i) => {
      const person = documents[i]
      const chosen = userId === callerId ? (person?.choice ?? Status.UNSPECIFIED) : Status.UNSPECIFIED
      const status = chosen === Status.INVISIBLE ? chosen : (person?.shown ?? Status.OFFLINE)
      return { userId, person, status, chosen }
    })
  }

  /** As they are, whatever they let others see. */
  async listAttention(userIds: readonly string[]): Promise<readonly (Attention & { readonly userId: string })[]> {
    const documents = await this.documents.getMany(userIds)
    return userIds.map((userId, i) => ({ userId, ...attentionOf(documents[i]) }))
  }
}
