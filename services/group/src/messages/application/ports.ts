import type { Role } from '@beseda/proto/common/v1/roles'
import type { MessagePosted } from '@beseda/proto/group/v1/events'
import type { Contents, Message, ReadState } from '@beseda/proto/group/v1/group_service'
import type { GroupRecord, MemberRecord } from '../../groups/application/records.js'
import type { Reader } from '../../groups/domain/reader.js'
import type { PollState } from '../domain/poll.js'
import type { Position, ReadMarks, ThreadUnread } from '../domain/read-marks.js'
import type { ThreadChoice } from '../domain/thread-choices.js'

/** Where a message stands and what has become of it, without its content. */
export interface MessagePlace {
  readonly id: string
  readonly groupId: string
  /** Sequence of its commit, and the index in it. */
  readonly seq: number
  readonly index: number
  readonly authorId: string
  /** Empty: in the main line. */
  readonly threadId: string
  /** The thread that it answers as well, from the main line; empty: none. */
  readonly alsoInThread: string
  readonly deleted: boolean
  /** Sequence of the newest edit; 0: never edited. */
  readonly editedSeq: number
}

/** What commands on messages decide on. Each method asks the view once: posting is the hot path. */
export abstract class MessageStore {
  abstract place(groupId: string, messageId: string): MessagePlace | undefined
  /** Only if this reader may see the message. */
  abstract visible(groupId: string, messageId: string, reader: Reader): MessagePlace | undefined
  /** As edited last; of a deleted message its place only. */
  abstract content(groupId: string, messageId: string): MessagePosted | undefined
  /** When the person last posted in the group (Unix ms), and the sequence; zeros: never. */
  abstract lastPost(groupId: string, authorId: string): { readonly at: number; readonly seq: number }
  /** Reactions that stand, in the order in which they came. */
  abstract reactions(groupId: string, messageId: string): readonly { readonly emoji: string; readonly userId: string }[]
  /** Sequence of the newest change of a reaction to the message; 0: none. */
  abstract reactionsSeq(groupId: string, messageId: string): number
  abstract isPinned(groupId: string, messageId: string): boolean
  abstract pinCount(groupId: string): number
  /** Sequence of the newest change of a pin in the group; 0: none. */
  abstract pinsSeq(groupId: string): number
  /** Sequence of the roster that the view has folded; 0: only the founding roster. */
  abstract rosterSeq(groupId: string): number
}

/** How polls stand. */
export abstract class PollStore {
  /** `options`: how many the poll has. */
  abstract state(groupId: string, messageId: string, options: number): PollState
  /** What the person has chosen; empty: nothing. */
  abstract vote(groupId: string, messageId: string, userId: string): readonly number[]
  /** In the order in which they voted. */
  abstract voters(groupId: string, messageId: string, option: number): readonly string[]
  /** Sequence of the newest vote, of the end, or of the newest edit of the question; 0: none. */
  abstract lastSeq(groupId: string, messageId: string): number
}

export interface Line {
  readonly groupId: string
  /** Empty: the main line. */
  readonly threadId: string
}

/** Messages of a line on one side of a place, oldest first. */
export interface Part {
  readonly messages: readonly Message[]
  /** There are more beyond them. */
  readonly more: boolean
}

export interface Search {
  readonly query: string
  readonly authorId: string
  readonly has: readonly Contents[]
  /** Only messages that mention the searcher. */
  readonly mentionsMe: boolean
  readonly pinned: boolean
  /** Only messages to which somebody other than the searcher has reacted. */
  readonly reacted: boolean
  /** Unix ms, inclusive; 0: not used. */
  readonly after: number
  /** Unix ms, exclusive; 0: not used. */
  readonly before: number
  /** Key after which the page begins; 0: the newest. */
  readonly cursor: number
  readonly limit: number
}

/** One group that the searcher is a member of. */
export interface SearchedGroup {
  readonly id: string
  /** Messages up to this sequence are hidden from the searcher, who joined later. */
  readonly hiddenBefore: number
  readonly role: Role
}

export interface FoundMessage {
  /** Grows with the time of the message. */
  readonly key: number
  readonly message: Message
}

/** Messages as the contract shows them, with everything that was said about them. */
export abstract class MessageReader {
  /** Whoever asks; undefined: unknown. */
  abstract message(groupId: string, messageId: string): Message | undefined
  /** Only if this reader may see the message. */
  abstract visible(groupId: string, messageId: string, reader: Reader): Message | undefined
  /** At most `limit` messages nearest to `place` (exclusive). The messages of one commit are never separated, so a part can be longer. */
  abstract from(line: Line, direction: 'older' | 'newer', place: number, limit: number, reader: Reader): Part
  /** Sequence of the first message of the main line at or after a time (Unix ms). */
  abstract placeAtTime(groupId: string, at: number): number | undefined
  /** Newest pin first. */
  abstract pinned(groupId: string, reader: Reader): readonly Message[]
  /**
   * Newest first. `now`: Unix ms; messages that have expired by then are not found. Errors: RATE_LIMITED when too many searches wait;
   * the reason of the signal when it aborts before the search begins.
   */
  abstract search(
    groups: readonly SearchedGroup[],
    userId: string,
    search: Search,
    now: number,
    signal: AbortSignal,
  ): Promise<readonly FoundMessage[]>
}

/** Read marks and the counters that follow from them. */
export abstract class ReadMarkerStore {
  /** The marks, with the sequence at which they are stored; 0: none yet. */
  abstract load(groupId: string, userId: string): { readonly state: ReadMarks; readonly lastSeq: number }
  /** As they hold for a member, who has read nothing before they joined. */
  abstract marks(group: GroupRecord, member: MemberRecord): ReadMarks
  /**
   * What a member has not read in threads, in order, at most `MOST_TOLD`: mentions, and answers in threads that they follow. `now`: as for
   * `state`.
   */
  abstract unreadInThreads(group: GroupRecord, member: MemberRecord, now: number): readonly ThreadUnread[]
  /** `now`: Unix ms; messages that have expired by then do not count. */
  abstract state(group: GroupRecord, member: MemberRecord, now: number): ReadState
  /** Sequence of the start of the group's last call; 0: none. */
  abstract lastCallSeq(groupId: string): number
  /** Members who have ever read up to a place, or beyond. */
  abstract readersOf(groupId: string, mark: Position): readonly string[]
}

/** Where a thread of somebody stands in their list. */
export interface ThreadPlace {
  readonly groupId: string
  readonly threadId: string
  /** Time of the last answer, Unix ms. */
  readonly lastAt: number
}

/** One group whose threads are listed. */
export interface ThreadedGroup {
  readonly id: string
  /** Only threads with an answer here or beyond it. */
  readonly fromSeq: number
}

/** Who follows which threads, and what is new in them. */
export abstract class ThreadStore {
  /** What the member has chosen, with the sequence at which it is stored; 0: nothing yet. */
  abstract choices(
    groupId: string,
    userId: string,
  ): { readonly state: readonly ThreadChoice[]; readonly lastSeq: number }
  abstract follows(groupId: string, threadId: string, userId: string): boolean
  /** Followed threads with answers, that of the newest first, beyond `after`. */
  abstract followed(
    userId: string,
    groups: readonly ThreadedGroup[],
    after: Omit<ThreadPlace, 'groupId'> | undefined,
    limit: number,
  ): readonly ThreadPlace[]
  /** Answers of others beyond a place, and those of them that mention the member; at most `MOST_TOLD`. */
  abstract unread(
    member: MemberRecord & { readonly groupId: string },
    threadId: string,
    beyond: Position,
    now: number,
  ): { readonly unread: number; readonly mentions: number }
  /** The newest answer that the reader may see. */
  abstract last(groupId: string, threadId: string, reader: Reader): Message | undefined
}

/** Places in the log that hold content of a message. */
export abstract class RevisionReader {
  /** Sequences in lane `messages`, as they are stored now. */
  abstract storedSeqs(groupId: string, messageId: string): readonly number[]
}

/** Reads a message that is to be forwarded: as the person who forwards it, on the replica that serves its group. */
export abstract class MessageSource {
  /** Errors: NOT_A_MEMBER, MESSAGE_NOT_FOUND. */
  abstract read(groupId: string, messageId: string, userId: string, signal: AbortSignal): Promise<Message>
}

/** Publishes what is not stored. */
export abstract class Publisher {
  abstract publish(subject: string, bytes: Uint8Array): void
}
