import type { Role } from '@beseda/proto/common/v1/roles'
import type { GroupKind } from '@beseda/proto/group/v1/events'

/** A message as it stands in the group's order. */
export interface ChatMessage {
  readonly id: string
  readonly authorId: string
  readonly text: string
  readonly replyTo: string
  /** Unix ms. */
  readonly sentAt: number
  readonly seq: number
  readonly index: number
}

/** Last sequence seen of each lane. */
export interface LaneSeqs {
  readonly group: number
  readonly roster: number
  readonly messages: number
  readonly calls: number
}
export type LaneName = keyof LaneSeqs

/** One conversation as this client knows it. */
export interface Conversation {
  readonly id: string
  readonly epoch: string
  readonly seqs: LaneSeqs
  readonly kind: GroupKind
  readonly name: string
  readonly topic: string
  /** The other person of a direct chat. */
  readonly peerId: string
  /** My own role. */
  readonly role: Role
  readonly memberCount: number
  /** Undefined: not fetched yet. */
  readonly members: ReadonlyMap<string, Role> | undefined
  /** The newest ones, without holes; undefined: not fetched yet. */
  readonly messages: readonly ChatMessage[] | undefined
  readonly hasOlder: boolean
  /** Unix ms. */
  readonly lastActivityAt: number
  readonly lastMessageSeq: number
  /** Seen first hand, for the list. */
  readonly lastMessage: ChatMessage | undefined
  readonly unread: number
}

export const NO_SEQS: LaneSeqs = { group: 0, roster: 0, messages: 0, calls: 0 }
