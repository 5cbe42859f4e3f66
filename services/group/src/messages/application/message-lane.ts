import { catchUp, type EventBody, GroupCommit } from '@beseda/event-log'
import { type GroupHistory } from '@beseda/history'
import { newId } from '@beseda/kernel'
import { CommitSchema, EventSchema } from '@beseda/proto/log/v1/commit'
import { create } from '@bufbuild/protobuf'
import { timestampFromDate } from '@bufbuild/protobuf/wkt'
import type { MessageStore } from './ports.js'

/** Something to be written into a group's lane `messages`. */
export interface LaneChange {
  readonly commandId: string
  readonly actorId: string
  readonly now: Date
  readonly traceparent: string | undefined
  /** Ends the waiting with the request; see {@link GroupCommit.submit}. */
  readonly signal: AbortSignal
  /** About how many bytes the event has. */
  readonly size: number
  /**
   * Decides on the present view, and again after the roster has changed; throws a Refusal. `before` holds what goes into the same
   * commit ahead of it. Undefined: everything is as wanted already.
   */
  decide(before: readonly DecidedChange[]): EventBody | Guarded | undefined
}

/** An event that a limit was decided on, which counts what others write into the lane. */
export interface Guarded {
  readonly event: EventBody
  /**
   * What was counted, as of its last change, such as `pins 4711`. Changes with one guard share a commit; of two commits with it one is
   * stored, whatever replicas decide (ADR 62).
   */
  readonly guard: string
}

export interface DecidedChange {
  readonly change: LaneChange
  readonly body: EventBody | undefined
  /** Undefined: nothing is counted, or nothing had to change. */
  readonly guard?: string | undefined
  /** Sequence of the commit that holds the change; 0: none does, because nothing had to change. */
  readonly seq: number
}

/** The only writer of a group's messages: changes that come together share one commit. */
export class MessageLane {
  readonly #commits: GroupCommit<LaneChange, { -readonly [Field in keyof DecidedChange]: DecidedChange[Field] }>

  constructor(
    private readonly history: GroupHistory,
    private readonly messages: Pick<MessageStore, 'rosterSeq'>,
  ) {
    this.#commits = new GroupCommit({
      scope: (groupId) => this.history.scope(groupId),
      sizeOf: ({ size }) => size + 200,
      decide: (_, change, before) => decided(change, before),
      fits: ({ guard }, before) => before.every((one) => !guard || !one.guard || one.guard === guard),
      append: async (groupId, accepted) => {
        const changes = accepted.filter(({ body }) => body !== undefined)
        const seq = changes.length === 0 ? 0 : await this.#append(groupId, changes)
        for (const change of changes) change.seq = seq ?? 0
        return seq === undefined ? 'conflict' : 'done'
      },
    })
  }

  /** Resolves when the change is in the log and in the view. Errors: those of {@link GroupCommit.submit}. */
  submit(groupId: string, change: LaneChange): Promise<DecidedChange> {
    return this.#commits.submit(groupId, change, change.signal)
  }

  /**
   * Stored only if the roster that the authors were checked against is still the newest (ADR 4), and what was counted is as it was. The
   * sequence; undefined: one of them has changed, and the view has caught up with it.
   */
  async #append(groupId: string, changes: readonly DecidedChange[]): Promise<number | undefined> {
    const { deps } = this.history
    const stream = this.history.stream(groupId)
    const roster = this.history.subject(groupId, 'roster')
    const rosterSeq = this.messages.rosterSeq(groupId)
    const guard = guardOf(groupId, changes)
    if (guard !== undefined && !(await deps.projection.mayGuard(stream))) return undefined
    const result = await deps.store.append({
      stream,
      subject: this.history.subject(groupId, 'messages'),
      commit: commitOf(changes, rosterSeq),
      expect: { subject: roster, lastSeq: rosterSeq },
      guard,
    })
    if (result.kind === 'appended') {
      await this.history.waitFor(groupId, result.seq)
      return result.seq
    }
    await catchUp({ ...deps, stream, filter: roster })
    await this.history.waitFor(groupId, result.lastSeq ?? 0)
    return undefined
  }
}

const guardOf = (groupId: string, changes: readonly DecidedChange[]): string | undefined => {
  const { guard } = changes.find((change) => change.guard !== undefined) ?? {}
  return guard && `${groupId} ${guard}`
}

function decided(change: LaneChange, before: readonly DecidedChange[]) {
  const decision = change.decide(before)
  if (decision === undefined || !('guard' in decision)) return { change, body: decision, guard: undefined, seq: 0 }
  return { change, body: decision.event, guard: decision.guard, seq: 0 }
}

/** The commit of one change has its command's id, that of several a new one; readers look at the ids of the events. */
function commitOf(changes: readonly DecidedChange[], rosterSeq: number) {
  const [first] = changes
  return create(CommitSchema, {
    id: changes.length === 1 && first ? first.change.commandId : newId(),
    ...(first ? { time: timestampFromDate(first.change.now) } : {}),
    traceparent: first?.change.traceparent ?? '',
    rosterSeq: BigInt(rosterSeq),
    events: changes.map(({ change: { commandId, actorId }, body }) =>
      create(EventSchema, {
        commandId,
        actorId: isSecret(body) ? '' : actorId,
        version: 1,
        body: body ?? { case: undefined },
      }),
    ),
  })
}

/** A vote in an anonymous poll says whose it is where only services read it. */
const isSecret = (body: EventBody | undefined): boolean => body?.case === 'pollVoted' && body.value.secretVoterId !== ''
