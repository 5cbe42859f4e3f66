import { commandCommit, type EventBody, type EventStore, type StoredCommit } from '@beseda/event-log'
import { partitionOf } from '@beseda/kernel'
import { historyStream, historySubject } from '@beseda/proto'
import { type Commit, CommitSchema, type Event } from '@beseda/proto/log/v1/commit'
import { personOf } from '@beseda/rules'
import { fromBinary, toBinary } from '@bufbuild/protobuf'
import type { CallLog } from '../../application/ports.js'
import type { CallSession } from '../../domain/session.js'

const PAGE = 500
/** How many commits of the whole stream are searched first for the start of the last call; each further search goes back four times as far. */
const FIRST_SEARCH = 2_000

/** How far back the newest commit of a call is looked for first. */
const NEAR = 32

/** Of what people have arranged for later, beside the calls themselves. */
const SCHEDULE: ReadonlySet<string | undefined> = new Set([
  'callScheduled',
  'callRescheduled',
  'callUnscheduled',
  'occurrenceChanged',
  'attendanceAnswered',
])
const isOfSchedule = ({ events }: Commit): boolean => events.every(({ body }) => SCHEDULE.has(body.case))

const isEnd = ({ events }: Commit): boolean => events.at(-1)?.body.case === 'callEnded'

/** Lane `calls` of the groups' histories, in the event store. */
export class EventStoreCallLog implements CallLog {
  constructor(
    private readonly store: EventStore,
    private readonly partitionCount: number,
  ) {}

  encode(session: CallSession, events: readonly Event['body'][], now: number): Uint8Array {
    const command = { commandId: `${session.id}.${session.revision}`, actorId: session.callerId, now: new Date(now) }
    const commit = commandCommit(command, events as readonly EventBody[])
    for (const event of commit.events) event.actorId = personOf(event)
    return toBinary(CommitSchema, commit)
  }

  async append(groupId: string, entry: Uint8Array): Promise<void> {
    const commit = fromBinary(CommitSchema, entry)
    const { stream, subject } = this.#lane(groupId)
    for (;;) {
      const last = await this.store.last(stream, subject)
      if (await this.#isWritten(commit.id, last)) return
      const result = await this.store.append({ stream, subject, commit, expect: { subject, lastSeq: last?.seq ?? 0 } })
      if (result.kind === 'appended') return
    }
  }

  async unfinished(groupId: string): Promise<readonly Commit[]> {
    const { stream, subject } = this.#lane(groupId)
    const last = await this.store.last(stream, subject)
    if (!last || isEnd(last.commit)) return []
    for (let back = FIRST_SEARCH; ; back *= 4) {
      const afterSeq = Math.max(0, last.seq - back)
      const commits = await this.#read(stream, subject, afterSeq)
      // What was scheduled since the last call ended stands behind its end.
      const newest = commits.findLast((commit) => !isOfSchedule(commit))
      if (newest && isEnd(newest)) return []
      const start = commits.findLastIndex(({ events }) => events.some(({ body }) => body.case === 'callStarted'))
      if (start >= 0) return commits.slice(start)
      if (afterSeq === 0) return []
    }
  }

  /**
   * Whether the commit is the newest of a call. What was scheduled meanwhile (by the group service, ADR 112) stands behind it: the lane is read
   * back to the last commit of a call, as far as the first search goes; a commit waits to be written for minutes, not for days.
   */
  async #isWritten(id: string, last: StoredCommit | undefined): Promise<boolean> {
    if (!last || !isOfSchedule(last.commit)) return last?.commit.id === id
    const { stream, subject, seq } = last
    for (let back = NEAR; ; back *= 4) {
      const afterSeq = Math.max(0, seq - Math.min(back, FIRST_SEARCH))
      const newest = (await this.#read(stream, subject, afterSeq)).findLast((commit) => !isOfSchedule(commit))
      if (newest || back >= FIRST_SEARCH || afterSeq === 0) return newest?.id === id
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

  #lane(groupId: string): { stream: string; subject: string } {
    const partition = partitionOf(groupId, this.partitionCount)
    return { stream: historyStream(partition), subject: historySubject(partition, groupId, 'calls') }
  }
}
