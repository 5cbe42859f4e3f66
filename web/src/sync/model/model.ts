import type { LaneHeads } from '@beseda/client-protocol'
import type { Role } from '@beseda/proto/common/v1/roles'
import type { Attachment, Forwarded, GroupKind, GroupSettings, Mentions, Poll } from '@beseda/proto/group/v1/events'

/** People who reacted with one emoji, in the order of reacting. */
export interface ReactionCount {
  readonly emoji: string
  readonly userIds: readonly string[]
}

/** A message in the order of its group. Times in Unix ms; 0: none. */
export interface ChatMessage {
  readonly id: string
  readonly authorId: string
  /** Set when the author is a webhook. */
  readonly authorName: string
  readonly text: string
  readonly replyTo: string
  /** The first message of the thread; empty: the main line. */
  readonly threadId: string
  /** The thread that it answers as well, from the main line; empty: none. Absent in what an earlier release has kept. */
  readonly alsoInThread?: string
  readonly sentAt: number
  readonly editedAt: number
  readonly expiresAt: number
  readonly attachments: readonly Attachment[]
  readonly mentions: Mentions | undefined
  readonly forwarded: Forwarded | undefined
  /** The text is its question. */
  readonly poll?: Poll | undefined
  readonly reactions: readonly ReactionCount[]
  readonly pinned: boolean
  /** Without content, as the head of a thread. */
  readonly deleted: boolean
  readonly replyCount: number
  readonly lastReplyAt: number
  readonly seq: number
  readonly index: number
  /** All changes to it up to this sequence are included; 0: it arrived as an event, without any change. */
  readonly asOf: number
}

/** A position in the log. */
export interface Position {
  readonly seq: number
  readonly index: number
}

/** How far a thread is read. */
export interface ThreadRead extends Position {
  readonly id: string
  /** Unread mentions, and the message of the first of them; empty: none, or not known. */
  readonly mentions: number
  readonly firstMention: string
}

/** The read marker of a group's main line, those of threads, and the unread counters. */
export interface ReadMark extends Position {
  readonly unread: number
  /** Including those in threads. */
  readonly mentions: number
  /** All threads are read up to here. */
  readonly threadsTo: Position
  /** Threads that are read further, and those with unread mentions. */
  readonly threads: readonly ThreadRead[]
  /** The counters include all commits up to this sequence. */
  readonly asOf: number
  /** How often the person has moved the marker of the main line back: the mark with the larger number holds, even if another is further. */
  readonly backs: number
  /** Marked as unread by the person, and not read since. */
  readonly markedUnread: boolean
}

/** The open thread: a contiguous run of its replies, as of a sequence. */
export interface Thread {
  readonly id: string
  readonly messages: readonly ChatMessage[]
  readonly asOf: number
  readonly hasOlder?: boolean
  /** The run was reached by a jump and ends before the newest reply. */
  readonly hasNewer?: boolean
}

/** One conversation as this client knows it. */
export interface Conversation {
  readonly id: string
  readonly epoch: string
  /** Last known sequence of each lane. */
  readonly seqs: LaneHeads
  /**
   * What was fetched may be ahead of `seqs`: it includes all commits up to these sequences, and such a commit changes nothing when it
   * arrives. `summary`: name, settings, role, join requests; `members`: members and mutes; `messages`: the newest run.
   */
  readonly asOf: { readonly summary: number; readonly members: number; readonly messages: number }
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
  /** Open join requests, for those who may answer them. */
  readonly joinRequests: number
  /** A contiguous run of the main line; undefined: not fetched yet. */
  readonly messages: readonly ChatMessage[] | undefined
  readonly hasOlder: boolean
  /** The run was reached by a jump and ends before the newest message. */
  readonly hasNewer: boolean
  /** The open thread. */
  readonly thread: Thread | undefined
  /** Unix ms. */
  readonly lastActivityAt: number
  readonly lastMessageSeq: number
  /** The newest message, for the list. */
  readonly lastMessage: ChatMessage | undefined
  readonly read: ReadMark
  /** Messages that I have deleted for myself, as far as this client knows. */
  readonly hidden: number
  /** Ids of messages that I have deleted for myself before they arrived here. */
  readonly hiddenAhead: readonly string[]
  /** People who do not count: I have blocked them. The same for all conversations. */
  readonly silent: ReadonlySet<string>
  /** An unknown message has changed: the counters must be requested. */
  readonly countersStale: boolean
}

export const NOBODY: ReadonlySet<string> = new Set()

export const NOTHING_READ: ReadMark = {
  seq: 0,
  index: 0,
  unread: 0,
  mentions: 0,
  threadsTo: { seq: 0, index: 0 },
  threads: [],
  asOf: 0,
  backs: 0,
  markedUnread: false,
}

export const NOTHING_FETCHED: Conversation['asOf'] = { summary: 0, members: 0, messages: 0 }

/** Counters stop here, as on the server. */
export const COUNTED = 1_000
