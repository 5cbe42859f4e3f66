import { type EventBody, handleCommand } from '@beseda/event-log'
import type { Caller, GroupHistory } from '@beseda/history'
import { Refusal } from '@beseda/kernel'
import { personalStream, threadsSubject } from '@beseda/proto'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { ThreadNoticeSchema } from '@beseda/proto/gateway/v1/frames'
import { ThreadsChosenSchema } from '@beseda/proto/group/v1/events'
import { type Message, type ThreadSummary, ThreadSummarySchema } from '@beseda/proto/group/v1/group_service'
import { create, toBinary } from '@bufbuild/protobuf'
import type { Access, Visit } from '../../groups/application/access.js'
import type { GroupReader } from '../../groups/application/ports.js'
import { threadMark } from '../domain/read-marks.js'
import { chosen, type ThreadChoice } from '../domain/thread-choices.js'
import type { MessageReader, Publisher, ReadMarkerStore, ThreadPlace, ThreadStore } from './ports.js'
import { tellPerson } from './tell-person.js'

export interface ThreadsRequest {
  /** Empty: all groups of the person that this replica serves. */
  readonly groupId: string
  readonly minSeq: number
  /** Only threads with unread answers. */
  readonly unread: boolean
  readonly limit: number
  /** The last thread of the page before; undefined: from the newest on. */
  readonly after: Omit<ThreadPlace, 'groupId'> | undefined
}

export interface ThreadsPage {
  readonly threads: readonly ThreadSummary[]
  /** The last thread of this page; undefined: there are no more. */
  readonly next: Omit<ThreadPlace, 'groupId'> | undefined
}

/** Bytes of one answer, encoded, as for pages of messages. */
const MAX_ANSWER_BYTES = 400 * 1024

/** Threads that people follow, in one group or in all of theirs. */
export class FollowedThreads {
  constructor(
    private readonly history: GroupHistory,
    private readonly access: Access,
    private readonly groups: Pick<GroupReader, 'groupIdsOf'>,
    private readonly messages: Pick<MessageReader, 'visible'>,
    private readonly marks: Pick<ReadMarkerStore, 'marks'>,
    private readonly store: ThreadStore,
    private readonly publisher: Publisher,
  ) {}

  /** The thread of the newest answer first. Errors: NOT_A_MEMBER. */
  async list(request: ThreadsRequest, userId: string, signal: AbortSignal): Promise<ThreadsPage> {
    const { groupId, minSeq } = request
    if (groupId !== '') {
      return this.access.asMember(groupId, userId, minSeq, signal, (visit) => this.#list([visit], request, userId))
    }
    const visits = this.groups.groupIdsOf(userId).map((id) => this.access.visit(id, userId))
    return this.#list(visits, request, userId)
  }

  /** One thread, followed or not. Errors: NOT_A_MEMBER, MESSAGE_NOT_FOUND, INVALID_REQUEST. */
  one(groupId: string, threadId: string, minSeq: number, userId: string, signal: AbortSignal): Promise<ThreadSummary> {
    return this.access.asMember(groupId, userId, minSeq, signal, (visit) =>
      this.#summary(visit, this.#head(visit, threadId)),
    )
  }

  /** Of these people those who follow a thread and may see how it began. A choice of a moment ago may not be known yet. */
  async followers(
    groupId: string,
    threadId: string,
    userIds: readonly string[],
    minSeq: number,
    signal: AbortSignal,
  ): Promise<readonly string[]> {
    await this.history.waitForNamed(groupId, minSeq, signal)
    return userIds.filter((userId) => {
      const visit = this.access.find(groupId, userId)
      return (
        visit !== undefined &&
        this.messages.visible(groupId, threadId, visit.reader) !== undefined &&
        this.store.follows(groupId, threadId, userId)
      )
    })
  }

  /** Errors: NOT_A_MEMBER, MESSAGE_NOT_FOUND, INVALID_REQUEST. */
  async follow(groupId: string, threadId: string, follows: boolean, caller: Caller): Promise<ThreadSummary> {
    const { userId, signal } = caller
    await this.access.asMember(groupId, userId, 0, signal, (visit) => this.#head(visit, threadId))
    const partition = this.history.partition(groupId)
    let isNew = false
    await handleCommand<readonly ThreadChoice[]>(this.history.deps, {
      ...caller,
      actorId: userId,
      key: `threads ${groupId} ${userId}`,
      stream: personalStream(partition),
      subject: threadsSubject(partition, groupId, userId),
      load: () => this.store.choices(groupId, userId),
      decide: (before) => {
        this.#head(this.access.visit(groupId, userId), threadId)
        const after = chosen(before, threadId, follows)
        isNew = after !== undefined
        return after ? [threadsChosen(after)] : []
      },
    })
    const visit = this.access.visit(groupId, userId)
    if (isNew) {
      const value = create(ThreadNoticeSchema, { groupId, threadId, follows })
      tellPerson(this.publisher, userId, { case: 'thread', value })
    }
    return this.#summary(visit, this.#head(visit, threadId))
  }

  #list(visits: readonly Visit[], request: ThreadsRequest, userId: string): ThreadsPage {
    const { unread, limit } = request
    const byId = new Map(visits.map((visit) => [visit.group.id, visit]))
    const groups = visits.map(({ group, member }) => ({
      id: group.id,
      fromSeq: unread ? this.marks.marks(group, member).threads.seq : 0,
    }))
    const threads: ThreadSummary[] = []
    let bytes = 0
    let after = request.after
    for (;;) {
      const places = this.store.followed(userId, groups, after, limit)
      for (const place of places) {
        const summary = this.#listed(byId.get(place.groupId), place.threadId)
        const size = summary && (!unread || summary.unread > 0) ? toBinary(ThreadSummarySchema, summary).length : 0
        bytes += size
        if (threads.length === limit || (bytes > MAX_ANSWER_BYTES && threads.length > 0))
          return { threads, next: after }
        if (summary && size > 0) threads.push(summary)
        after = place
      }
      if (places.length < limit) return { threads, next: undefined }
    }
  }

  /** Undefined: its beginning is hidden from the person, who joined later. */
  #listed(visit: Visit | undefined, threadId: string): ThreadSummary | undefined {
    const head = visit && this.messages.visible(visit.group.id, threadId, visit.reader)
    return visit && head && this.#summary(visit, head)
  }

  #summary({ group, member, reader }: Visit, head: Message): ThreadSummary {
    const follows = this.store.follows(group.id, head.id, member.userId)
    const read = threadMark(this.marks.marks(group, member), head.id)
    const counted = follows
      ? this.store.unread({ ...member, groupId: group.id }, head.id, read, reader.now)
      : { unread: 0, mentions: 0 }
    const last = this.store.last(group.id, head.id, reader)
    return create(ThreadSummarySchema, { groupId: group.id, head, ...(last ? { last } : {}), follows, ...counted })
  }

  #head({ group, reader }: Visit, threadId: string): Message {
    const head = this.messages.visible(group.id, threadId, reader)
    if (!head) throw new Refusal(ErrorReason.MESSAGE_NOT_FOUND)
    if (head.threadId || head.alsoInThread) throw new Refusal(ErrorReason.INVALID_REQUEST, { field: 'thread_id' })
    return head
  }
}

const threadsChosen = (choices: readonly ThreadChoice[]): EventBody => ({
  case: 'threadsChosen',
  value: create(ThreadsChosenSchema, { choices: [...choices] }),
})
