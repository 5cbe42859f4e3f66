import { commandCommit, type EventBody, type EventStore } from '@beseda/event-log'
import { partitionOf } from '@beseda/kernel'
import type { RedisDocuments } from '@beseda/platform'
import { historyStream, historySubject } from '@beseda/proto'
import { CommitSchema, type Event } from '@beseda/proto/log/v1/commit'
import { fromJsonString, toJsonString } from '@bufbuild/protobuf'
import type { CallSession } from '../domain/call.js'

/** A session with what it has still to tell the history: written with the change itself, so that no crash loses it. */
export interface CallDocument {
  readonly session: CallSession
  /** Commits as protobuf JSON, oldest first. */
  readonly pending: readonly string[]
}

/** Lane `calls` of the group's history. */
export class CallHistory {
  constructor(
    private readonly store: EventStore,
    private readonly partitionCount: number,
    private readonly onFailure: (error: unknown) => void,
  ) {}

  entry(session: CallSession, events: readonly Event['body'][], now: number): string {
    const command = { commandId: `${session.id}.${session.revision}`, actorId: session.callerId, now: new Date(now) }
    return toJsonString(CommitSchema, commandCommit(command, events as readonly EventBody[]))
  }

  /** Writes what is pending, in order, each once. False: the log is not there now. */
  async flush(groupId: string, sessions: RedisDocuments<CallDocument>): Promise<boolean> {
    try {
      for (;;) {
        const pending = (await sessions.get(groupId))?.pending[0]
        if (pending === undefined) return true
        await this.#write(groupId, pending)
        await sessions.update(groupId, (document) => {
          const written = document?.pending[0] === pending
          const rest = written ? { ...document, pending: document.pending.slice(1) } : document
          return { document: rest, result: undefined }
        })
      }
    } catch (error) {
      this.onFailure(error)
      return false
    }
  }

  async #write(groupId: string, entry: string): Promise<void> {
    const commit = fromJsonString(CommitSchema, entry)
    const partition = partitionOf(groupId, this.partitionCount)
    const stream = historyStream(partition)
    const subject = historySubject(partition, groupId, 'calls')
    for (;;) {
      const last = await this.store.last(stream, subject)
      if (last?.commit.id === commit.id) return
      const result = await this.store.append({ stream, subject, commit, expect: { subject, lastSeq: last?.seq ?? 0 } })
      if (result.kind === 'appended') return
    }
  }
}
