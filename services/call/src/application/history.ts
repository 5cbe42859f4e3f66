import { commandCommit, type EventBody, type EventStore, type StoredCommit } from '@beseda/event-log'
import { partitionOf } from '@beseda/kernel'
import type { RedisDocuments } from '@beseda/platform'
import { historyStream, historySubject } from '@beseda/proto'
import { type Commit, CommitSchema, type Event } from '@beseda/proto/log/v1/commit'
import { fromBinary, toBinary } from '@bufbuild/protobuf'
import type { CallSession } from '../domain/session.js'
import type { CallDocument } from './document.js'

const PAGE = 500
/** How far back the beginning of the last call is looked for first, in commits of the whole stream. */
const FIRST_LOOK = 2_000

/** Lane `calls` of the group's history. */
export class CallHistory {
  constructor(
    private readonly store: EventStore,
    private readonly partitionCount: number,
    private readonly onFailure: (error: unknown) => void,
  ) {}

  entry(session: CallSession, events: readonly Event['body'][], now: number): Uint8Array {
    const command = { commandId: `${session.id}.${session.revision}`, actorId: session.callerId, now: new Date(now) }
    return toBinary(CommitSchema, commandCommit(command, events as readonly EventBody[]))
  }

  /** Writes what is pending, in order, each once. False: the log is not there now. */
  async flush(groupId: string, sessions: RedisDocuments<CallDocument>): Promise<boolean> {
    try {
      for (;;) {
        const pending = (await sessions.get(groupId))?.pending[0]
        if (pending === undefined) return true
        await this.#write(groupId, pending)
        await sessions.update(groupId, (document) => {
          const first = document?.pending[0]
          const written = first !== undefined && Buffer.compare(first, pending) === 0
          const rest = document && written ? { ...document, pending: document.pending.slice(1) } : document
          return { document: rest, result: undefined }
        })
      }
    } catch (error) {
      this.onFailure(error)
      return false
    }
  }

  /** The lane from the beginning of a call that has not ended there, oldest first; empty: every call has. */
  async unfinished(groupId: string): Promise<readonly Commit[]> {
    const { stream, subject } = this.#place(groupId)
    const last = await this.store.last(stream, subject)
    if (!last || last.commit.events.at(-1)?.body.case === 'callEnded') return []
    for (let look = FIRST_LOOK; ; look *= 4) {
      const afterSeq = Math.max(0, last.seq - look)
      const commits = await this.#read(stream, subject, afterSeq)
      const begin = commits.findLastIndex(({ events }) => events.some(({ body }) => body.case === 'callStarted'))
      if (begin >= 0) return commits.slice(begin)
      if (afterSeq === 0) return []
    }
  }

  async #read(stream: string, filter: string, afterSeq: number): Promise<Commit[]> {
    const found: StoredCommit[] = []
    for (let from = afterSeq; ; ) {
      const page = await this.store.read(stream, { afterSeq: from, filter, limit: PAGE })
      found.push(...page)
      const last = page.at(-1)
      if (!last || page.length < PAGE) return found.map(({ commit }) => commit)
      from = last.seq
    }
  }

  async #write(groupId: string, entry: Uint8Array): Promise<void> {
    const commit = fromBinary(CommitSchema, entry)
    const { stream, subject } = this.#place(groupId)
    for (;;) {
      const last = await this.store.last(stream, subject)
      if (last?.commit.id === commit.id) return
      const result = await this.store.append({ stream, subject, commit, expect: { subject, lastSeq: last?.seq ?? 0 } })
      if (result.kind === 'appended') return
    }
  }

  #place(groupId: string): { stream: string; subject: string } {
    const partition = partitionOf(groupId, this.partitionCount)
    return { stream: historyStream(partition), subject: historySubject(partition, groupId, 'calls') }
  }
}
