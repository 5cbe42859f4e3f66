import { Status } from '@beseda/proto/presence/v1/presence_service'
import { type Attention, attentionOf, type PresenceDocument } from '../domain/presence.js'
import type { PresenceDocuments } from './ports.js'

/** A person as somebody sees them. */
export interface SeenPresence {
  readonly userId: string
  readonly person: PresenceDocument | undefined
  readonly status: Status
}

export class PresenceQueries {
  constructor(private readonly documents: PresenceDocuments) {}

  /** As others see them; the caller, when invisible, sees that choice. */
  async getPresence(userIds: readonly string[], callerId: string): Promise<readonly SeenPresence[]> {
    const documents = await this.documents.getMany(userIds)
    return userIds.map((userId, i) => {
      const person = documents[i]
      const isOwn = userId === callerId && person?.choice === Status.INVISIBLE
      return { userId, person, status: isOwn ? Status.INVISIBLE : (person?.shown ?? Status.OFFLINE) }
    })
  }

  /** As they are, whatever they let others see. */
  async listAttention(userIds: readonly string[]): Promise<readonly (Attention & { readonly userId: string })[]> {
    const documents = await this.documents.getMany(userIds)
    return userIds.map((userId, i) => ({ userId, ...attentionOf(documents[i]) }))
  }
}
