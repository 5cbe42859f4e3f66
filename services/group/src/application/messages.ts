import { type CommandDeps, catchUp, type EventBody, GroupCommit, refusedOnlyWhenFresh } from '@beseda/event-log'
import { newId, partitionOf, Refusal } from '@beseda/kernel'
import { groupFilter, historyStream, historySubject } from '@beseda/proto'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { MessagePostedSchema } from '@beseda/proto/group/v1/events'
import { CommitSchema, EventSchema } from '@beseda/proto/log/v1/commit'
import { create } from '@bufbuild/protobuf'
import { timestampFromDate } from '@bufbuild/protobuf/wkt'
import { groupById, type MessageRow, messageById, messagePage, type Page, roleOf } from '../projections/queries.js'

export interface Post {
  readonly messageId: string
  readonly groupId: string
  readonly authorId: string
  readonly text: string
  readonly replyTo: string
  readonly now: Date
  readonly traceparent: string | undefined
  readonly signal: AbortSignal
}

/** Posting and reading. Posts of one group that come together share one commit. */
export class Messages {
  readonly #posts: GroupCommit<Post, Post>

  constructor(
    private readonly deps: CommandDeps,
    private readonly partitionCount: number,
  ) {
    this.#posts = new GroupCommit<Post, Post>({
      sizeOf: ({ text }) => text.length * 3 + 200,
      decide: (_, post, before) => this.#decide(post, before),
      append: (groupId, posts) => this.#append(groupId, posts),
    })
  }

  /**
   * The message as it stands in the log. A retry gets the first one. Errors: NOT_A_MEMBER; INVALID_REQUEST for a blank text;
   * COMMAND_ID_REUSED when the id is another message's.
   */
  async post(post: Post): Promise<MessageRow> {
    if (post.text.trim() === '') throw new Refusal(ErrorReason.INVALID_REQUEST, { field: 'text' })
    const place = this.#place(post.groupId, post.signal)
    await refusedOnlyWhenFresh(place, [ErrorReason.NOT_A_MEMBER], () => this.#posts.submit(post.groupId, post))
    const row = messageById(this.#view, post.groupId, post.messageId)
    if (!row) throw new Refusal(ErrorReason.NOT_A_MEMBER)
    if (row.author_id !== post.authorId || row.text !== post.text) throw new Refusal(ErrorReason.COMMAND_ID_REUSED)
    return row
  }

  /** Errors: NOT_A_MEMBER; INVALID_REQUEST when both ends are given. */
  async page(
    groupId: string,
    userId: string,
    request: { readonly beforeSeq: number; readonly afterSeq: number; readonly limit: number; readonly minSeq: number },
    signal: AbortSignal,
  ): Promise<Page> {
    if (request.beforeSeq > 0 && request.afterSeq > 0) {
      throw new Refusal(ErrorReason.INVALID_REQUEST, { field: 'after_seq' })
    }
    await this.deps.projection.waitFor(this.#stream(groupId), request.minSeq, signal)
    return refusedOnlyWhenFresh(this.#place(groupId, signal), [ErrorReason.NOT_A_MEMBER], () => {
      if (roleOf(this.#view, groupId, userId) === undefined) throw new Refusal(ErrorReason.NOT_A_MEMBER)
      return messagePage(this.#view, groupId, request)
    })
  }

  get #view() {
    return this.deps.projection.view
  }

  #stream(groupId: string): string {
    return historyStream(partitionOf(groupId, this.partitionCount))
  }

  #place(groupId: string, signal: AbortSignal) {
    const partition = partitionOf(groupId, this.partitionCount)
    return { ...this.deps, stream: historyStream(partition), filter: groupFilter(partition, groupId), signal }
  }

  #decide(post: Post, before: readonly Post[]): Post {
    if (roleOf(this.#view, post.groupId, post.authorId) === undefined) throw new Refusal(ErrorReason.NOT_A_MEMBER)
    if (before.some(({ messageId }) => messageId === post.messageId)) return post
    if (post.replyTo !== '' && !messageById(this.#view, post.groupId, post.replyTo)) {
      throw new Refusal(ErrorReason.INVALID_REQUEST, { field: 'reply_to' })
    }
    return post
  }

  /** Stored only if the roster that the authors were checked against is still the newest (ADR 4). */
  async #append(groupId: string, accepted: readonly Post[]): Promise<'done' | 'conflict'> {
    const posts = [...new Map(accepted.map((post) => [post.messageId, post])).values()].filter(
      ({ messageId }) => !messageById(this.#view, groupId, messageId),
    )
    const [first] = posts
    if (!first) return 'done'
    const partition = partitionOf(groupId, this.partitionCount)
    const stream = historyStream(partition)
    const roster = historySubject(partition, groupId, 'roster')
    const rosterSeq = groupById(this.#view, groupId)?.roster_seq ?? 0
    const result = await this.deps.store.append({
      stream,
      subject: historySubject(partition, groupId, 'messages'),
      commit: commitOf(posts, first, rosterSeq),
      expect: { subject: roster, lastSeq: rosterSeq },
    })
    if (result.kind === 'appended') {
      await this.deps.projection.waitFor(stream, result.seq)
      return 'done'
    }
    await catchUp({ ...this.deps, stream, filter: roster })
    return 'conflict'
  }
}

/** The commit of one message has the message's id, of several a new one; the message ids are what counts. */
function commitOf(posts: readonly Post[], first: Post, rosterSeq: number) {
  const id = posts.length === 1 ? first.messageId : newId()
  return create(CommitSchema, {
    id,
    time: timestampFromDate(first.now),
    traceparent: first.traceparent ?? '',
    rosterSeq: BigInt(rosterSeq),
    events: posts.map((post) => {
      const { messageId, authorId, text, replyTo } = post
      const body: EventBody = {
        case: 'messagePosted',
        value: create(MessagePostedSchema, { messageId, authorId, text, replyTo }),
      }
      return create(EventSchema, { commandId: messageId, actorId: authorId, version: 1, body })
    }),
  })
}
