import type { LaneHeads } from '@beseda/client-protocol'
import type { Role } from '@beseda/proto/common/v1/roles'
import type { Attachment, Forwarded, GroupKind, GroupSettings, Mentions } from '@beseda/proto/group/v1/events'

/** People who reacted with one emoji, in the order of reacting. */
export interface ReactionCount {
  readonly emoji: string
  readonly userIds: readonly string[]
}

/** A message as it stands in the group's order. Times in Unix ms; 0: none. */
export interface ChatMessage {
  readonly id: string
  readonly authorId: string
  /** Set when the author is a webhook. */
  readonly authorName: string
  readonly text: string
  readonly replyTo: string
  /** The message that the thread begins with; empty: the main line. */
  readonly threadId: string
  readonly sentAt: number
  readonly editedAt: number
  readonly expiresAt: number
  readonly attachments: readonly Attachment[]
  readonly mentions: Mentions | undefined
  readonly forwarded: Forwarded | undefined
  readonly reactions: readonly ReactionCount[]
  readonly pinned: boolean
  /** Without content, as the head of a thread. */
  readonly deleted: boolean
  readonly replyCount: number
  readonly lastReplyAt: number
  readonly seq: number
  readonly index: number
  /** All that was done to it up to this sequence is in it already; 0: it came by itself, with nothing done to it. */
  readonly asOf: number
}

/** What has been read of a group, and how much has not. */
export interface ReadMark {
  readonly seq: number
  readonly index: number
  readonly unread: number
  readonly mentions: number
}

/** One conversation as this client knows it. */
export interface Conversation {
  readonly id: string
  readonly epoch: string
  /** Last sequence seen of each lane. */
  readonly seqs: LaneHeads
  readonly kind: GroupKind
  readonly name: string
  readonly topic: string
  readonly avatarFileId: string
  readonly settings: GroupSettings
  readonly archived: boolean
  /** The other person of a direct chat. */
  readonly peerId: string
  /** My own role. */
  readonly role: Role
  readonly memberCount: number
  /** Undefined: not fetched yet. */
  readonly members: ReadonlyMap<string, Role> | undefined
  /** Until when members may not post (Unix ms); times in the past have no effect. */
  readonly mutes: ReadonlyMap<string, number>
  /** Open requests to be let in, for those who may answer. */
  readonly joinRequests: number
  /** A run of the main line without holes; undefined: not fetched yet. */
  readonly messages: readonly ChatMessage[] | undefined
  readonly hasOlder: boolean
  /** The run was jumped into and ends before the newest. */
  readonly hasNewer: boolean
  /** The thread that is open, with its answers. */
  readonly thread: { readonly id: string; readonly messages: readonly ChatMessage[] } | undefined
  /** Unix ms. */
  readonly lastActivityAt: number
  readonly lastMessageSeq: number
  /** Seen first hand, for the list. */
  readonly lastMessage: ChatMessage | undefined
  readonly read: ReadMark
  /** Messages that I have deleted for myself, as far as this client was told. */
  readonly hidden: number
  /** Something happened to a message that is not known here: the counters must be asked for. */
  readonly countersStale: boolean
}

export const NOTHING_READ: ReadMark = { seq: 0, index: 0, unread: 0, mentions: 0 }

/** Counters stop here, as on the server. */
export const COUNTED = 1_000
