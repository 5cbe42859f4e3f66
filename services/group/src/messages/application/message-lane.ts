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
  decide(before: readonly DecidedChange[]): EventBody | undefined
}

export interface DecidedChange {
  readonly change: LaneChange
  readonly body: EventBody | undefined
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
      decide: (_, change, before) => ({ change, body: change.decide(before), seq: 0 }),
      append: async (groupId, decided) => {
        const changes = decided.filter(({ body }) => body !== undefined)
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
   * Stored only if the roster that the authors were checked against is still the newest (ADR 4). The sequence; undefined: the roster
   * has changed, and the view has caught up with it.
   */
  async #append(groupId: string, changes: readonly DecidedChange[]): Promise<number | undefined> {
    const { deps } = this.history
    const stream = this.history.stream(groupId)
    const roster = this.history.subject(groupId, 'roster')
    const rosterSeq = this.messages.rosterSeq(groupId)
    const result = await deps.store.append({
      stream,
      subject: this.history.subject(groupId, 'messages'),
      commit: commitOf(changes, rosterSeq),
      expect: { subject: roster, lastSeq: rosterSeq },
    })
    if (result.kind === 'appended') {
      await this.history.waitFor(groupId, result.seq)
      return result.seq
    }
    await catchUp({ ...deps, stream, filter: roster })
    return undefined
  }
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
      create(EventSchema, { commandId, actorId, version: 1, body: body ?? { case: undefined } }),
    ),
  })
}
