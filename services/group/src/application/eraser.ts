import type { GroupHistory } from '@beseda/event-log'
import { newId } from '@beseda/kernel'
import { MessageDeletedSchema } from '@beseda/proto/group/v1/events'
import {
  type Commit,
  CommitRedactedSchema,
  CommitSchema,
  type Event,
  EventSchema,
  type KeptEvent,
  KeptEventSchema,
} from '@beseda/proto/log/v1/commit'
import { create, toBinary } from '@bufbuild/protobuf'
import { timestampFromDate } from '@bufbuild/protobuf/wkt'
import { messageById } from '../projections/message-queries.js'
import { dropMessage, placeOf, wasDeleted } from '../projections/messages.js'
import type { Files } from './files.js'
import type { Groups } from './groups.js'
import type { MessageLane } from './message-lane.js'

/** Work of one round, so that other work comes in between. */
const BATCH = 200
/** Bytes of kept events in one commit. */
const MAX_KEPT_BYTES = 256 * 1024
const TIMEOUT_MS = 10_000

/**
 * Makes deleted content disappear from the log (ADR 9). A commit that holds some is read, what must stay of it is written
 * again as a CommitRedacted, and only then is the commit erased: a crash at any point loses nothing and leaves nothing
 * that the next round does not find. All replicas do it; doing it twice does no harm.
 */
export class Eraser {
  constructor(
    private readonly history: GroupHistory,
    private readonly lane: MessageLane,
    private readonly groups: Pick<Groups, 'close'>,
    private readonly files: Pick<Files, 'deleteDue'>,
  ) {}

  async round(now: Date): Promise<void> {
    this.#expire(now)
    await this.#forgetPeople(now)
    await this.#closeAbandoned(now)
    await this.#eraseCommits(now)
    await this.#purgeGroups()
    await this.files.deleteDue()
  }

  /** Disappearing messages are hidden from their time on; here they leave the view and, with it, the log. */
  #expire(now: Date): void {
    const expired = this.#view.all<{ group_id: string; id: string }>(
      'SELECT group_id, id FROM message WHERE expires_at > 0 AND expires_at <= ? AND deleted = 0 LIMIT ?',
      now.getTime(),
      BATCH,
    )
    // All or nothing: half a removal would leave content in the log that nothing remembers.
    this.#view.atomically(() => {
      for (const { group_id, id } of expired) dropMessage(this.#view, group_id, id)
    })
  }

  /** Everything that people said whose accounts are no more is deleted for all. */
  async #forgetPeople(now: Date): Promise<void> {
    for (const { user_id: userId } of this.#view.all<{ user_id: string }>(
      'SELECT user_id FROM gone WHERE erased = 0',
    )) {
      const said = () =>
        this.#view.all<{ group_id: string; id: string }>(
          'SELECT group_id, id FROM message WHERE author_id = ? AND deleted = 0 LIMIT ?',
          userId,
          BATCH,
        )
      for (let batch = said(); batch.length > 0; batch = said()) {
        await Promise.all(batch.map(({ group_id, id }) => this.#delete(group_id, id, userId, now)))
      }
      this.#view.run('UPDATE gone SET erased = 1 WHERE user_id = ?', userId)
    }
  }

  async #delete(groupId: string, messageId: string, actorId: string, now: Date): Promise<void> {
    await this.lane.submit(groupId, {
      commandId: newId(),
      actorId,
      now,
      traceparent: undefined,
      size: 100,
      decide: () => {
        const message = messageById(this.#view, groupId, messageId)
        if (message?.deleted !== 0) return undefined
        const value = create(MessageDeletedSchema, { messageId, threadId: message.thread_id })
        return { case: 'messageDeleted', value }
      },
    })
  }

  async #closeAbandoned(now: Date): Promise<void> {
    for (const { group_id } of this.#view.all<{ group_id: string }>('SELECT group_id FROM close_due LIMIT ?', BATCH)) {
      const signal = AbortSignal.timeout(TIMEOUT_MS)
      await this.groups.close(group_id, { commandId: newId(), userId: '', now, traceparent: undefined, signal })
    }
  }

  async #eraseCommits(now: Date): Promise<void> {
    const due = this.#view.all<{ group_id: string; stored_seq: number }>('SELECT * FROM erasure_due LIMIT ?', BATCH)
    const byGroup = Map.groupBy(due, ({ group_id }) => group_id)
    await Promise.all(
      [...byGroup].map(([groupId, rows]) =>
        this.#eraseOf(
          groupId,
          rows.map(({ stored_seq }) => stored_seq),
          now,
        ),
      ),
    )
  }

  async #eraseOf(groupId: string, seqs: readonly number[], now: Date): Promise<void> {
    const stream = this.history.stream(groupId)
    const subject = this.history.subject(groupId, 'messages')
    const redactions: Event[] = []
    const erased: number[] = []
    let size = 0
    for (const seq of seqs) {
      const [stored] = await this.history.deps.store.read(stream, { afterSeq: seq - 1, filter: subject, limit: 1 })
      erased.push(seq)
      if (stored?.seq !== seq) continue
      const redaction = this.#redaction(groupId, seq, stored.commit)
      redactions.push(redaction)
      size += toBinary(EventSchema, redaction).length
      if (size > MAX_KEPT_BYTES) break
    }
    if (redactions.length > 0) {
      const commit = create(CommitSchema, { id: newId(), time: timestampFromDate(now), events: redactions })
      const result = await this.history.deps.store.append({ stream, subject, commit })
      if (result.kind !== 'appended') throw new Error('an append without an expectation was refused')
      await this.history.waitFor(groupId, result.seq)
    }
    for (const seq of erased) {
      await this.history.deps.store.erase(stream, seq)
      this.#view.run('DELETE FROM erasure_due WHERE group_id = ? AND stored_seq = ?', groupId, seq)
    }
  }

  /** What must stay of a commit: everything but the content of messages that are gone. */
  #redaction(groupId: string, seq: number, commit: Commit): Event {
    const kept = commit.events.flatMap((event, index): KeptEvent[] =>
      event.body.case === 'commitRedacted'
        ? event.body.value.kept
        : [create(KeptEventSchema, { seq: BigInt(seq), index, event, ...(commit.time ? { time: commit.time } : {}) })],
    )
    const staying = kept.flatMap((one) => this.#remainder(groupId, one))
    const value = create(CommitRedactedSchema, { seq: BigInt(seq), kept: staying })
    return create(EventSchema, { version: 1, body: { case: 'commitRedacted', value } })
  }

  /** Of a message that is gone its place stays, so that a view built from what is left has the same order and counts. */
  #remainder(groupId: string, kept: KeptEvent): KeptEvent[] {
    const { body } = kept.event ?? {}
    if (!kept.event || !body) return []
    if (body.case !== 'messagePosted' && body.case !== 'messageEdited') return [kept]
    const { messageId } = body.value
    const known = messageById(this.#view, groupId, messageId)
    // Nothing is known of the messages of a group that is no more.
    if (!known && body.case === 'messagePosted') return []
    const isGone = known ? known.deleted === 1 : wasDeleted(this.#view, groupId, messageId)
    if (!isGone) return [kept]
    if (body.case === 'messageEdited') return []
    const place = { ...kept.event, body: { case: body.case, value: placeOf(body.value) } }
    return [create(KeptEventSchema, { ...kept, event: create(EventSchema, place) })]
  }

  async #purgeGroups(): Promise<void> {
    const due = this.#view.all<{ group_id: string; upto_seq: number }>('SELECT * FROM purge_due LIMIT ?', BATCH)
    for (const { group_id, upto_seq } of due) {
      const { deps } = this.history
      await deps.store.purge(this.history.stream(group_id), this.history.subject(group_id, 'messages'), upto_seq)
      this.#view.run('DELETE FROM purge_due WHERE group_id = ?', group_id)
    }
  }

  get #view() {
    return this.history.view
  }
}
