import { forEachSettled } from '@beseda/async'
import type { GroupHistory } from '@beseda/history'
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
import type { Files } from '../../files/application/files.js'
import type { Groups } from '../../groups/application/group-commands.js'
import { messageById } from '../../messages/adapters/views/message-reader.js'
import { dropMessage, placeOf, wasDeleted } from '../../messages/adapters/views/message-view.js'
import type { MessageLane } from '../../messages/application/message-lane.js'

/** Work of one round, so that other work comes in between. */
const BATCH = 200
/** Groups that are worked on side by side: their appends wait for the disk together. */
const AT_ONCE = 50
/** Bytes of kept events in one commit. */
const MAX_KEPT_BYTES = 256 * 1024
const TIMEOUT_MS = 10_000

/**
 * Makes deleted content disappear from the log (ADR 9). A commit that holds some is read, what must stay of it is written
 * again as a CommitRedacted, and only then is the commit erased: a crash at any point loses nothing and leaves nothing
 * that the next round does not find. All replicas do it; doing it twice does no harm. A group that cannot be dealt with keeps
 * no other waiting.
 */
export class Eraser {
  constructor(
    private readonly history: GroupHistory,
    private readonly lane: MessageLane,
    private readonly groups: Pick<Groups, 'close'>,
    private readonly files: Pick<Files, 'deleteDue'>,
  ) {}

  /** Errors: PartialFailure, what is for the next round. */
  async round(now: Date): Promise<void> {
    const steps: [name: string, step: () => Promise<void> | void][] = [
      ['messages that disappear', () => this.#expire(now)],
      ['people who are gone', () => this.#forgetPeople(now)],
      ['abandoned groups', () => this.#closeAbandoned(now)],
      ['commits', () => this.#eraseCommits(now)],
      ['groups that are no more', () => this.#purgeGroups()],
      ['files', () => this.files.deleteDue()],
    ]
    await forEachSettled(
      steps,
      ([name]) => name,
      ([, step]) => step(),
    )
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
    const gone = this.#view.all<{ user_id: string }>('SELECT user_id FROM gone WHERE erased = 0')
    await forEachSettled(
      gone,
      ({ user_id }) => `person ${user_id}`,
      async ({ user_id: userId }) => {
        const places = () =>
          this.#view.all<{ group_id: string }>(
            'SELECT DISTINCT group_id FROM message WHERE author_id = ? AND deleted = 0',
            userId,
          )
        // Where somebody spoke at the last moment there is more to do after it.
        for (let groups = places(); groups.length > 0; groups = places()) {
          await forEachSettled(groups, groupName, ({ group_id }) => this.#forgetIn(group_id, userId, now), AT_ONCE)
        }
        this.#view.run('UPDATE gone SET erased = 1 WHERE user_id = ?', userId)
      },
    )
  }

  async #forgetIn(groupId: string, userId: string, now: Date): Promise<void> {
    const said = () =>
      this.#view.all<{ id: string }>(
        'SELECT id FROM message WHERE author_id = ? AND group_id = ? AND deleted = 0 LIMIT ?',
        userId,
        groupId,
        BATCH,
      )
    for (let batch = said(); batch.length > 0; batch = said()) {
      await Promise.all(batch.map(({ id }) => this.#delete(groupId, id, userId, now)))
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
    const due = this.#view.all<{ group_id: string }>('SELECT group_id FROM close_due LIMIT ?', BATCH)
    await forEachSettled(due, groupName, ({ group_id }) => {
      const signal = AbortSignal.timeout(TIMEOUT_MS)
      return this.groups.close(group_id, { commandId: newId(), userId: '', now, traceparent: undefined, signal })
    })
  }

  /** Each group has a share of the round: one with much to erase, or with something that cannot be, does not fill it. */
  async #eraseCommits(now: Date): Promise<void> {
    const due = this.#view.all<{ group_id: string }>('SELECT DISTINCT group_id FROM erasure_due LIMIT ?', BATCH)
    const share = Math.ceil(BATCH / due.length)
    await forEachSettled(due, groupName, ({ group_id }) => this.#eraseOf(group_id, share, now), AT_ONCE)
  }

  async #eraseOf(groupId: string, limit: number, now: Date): Promise<void> {
    const due = this.#view.all<{ stored_seq: number }>(
      'SELECT stored_seq FROM erasure_due WHERE group_id = ? ORDER BY stored_seq LIMIT ?',
      groupId,
      limit,
    )
    const stream = this.history.stream(groupId)
    const subject = this.history.subject(groupId, 'messages')
    const redactions: Event[] = []
    const erased: number[] = []
    let size = 0
    for (const { stored_seq: seq } of due) {
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
    await forEachSettled(due, groupName, async ({ group_id, upto_seq }) => {
      const { deps } = this.history
      await deps.store.purge(this.history.stream(group_id), this.history.subject(group_id, 'messages'), upto_seq)
      this.#view.run('DELETE FROM purge_due WHERE group_id = ?', group_id)
    })
  }

  get #view() {
    return this.history.view
  }
}

const groupName = ({ group_id }: { readonly group_id: string }): string => `group ${group_id}`
