import { catchUp, type EventBody, GroupCommit } from '@beseda/event-log'
import { type GroupHistory } from '@beseda/history'
import { newId } from '@beseda/kernel'
import { CommitSchema, EventSchema } from '@beseda/proto/log/v1/commit'
import { create } from '@bufbuild/protobuf'
import { timestampFromDate } from '@bufbuild/protobuf/wkt'
import { groupById } from '../../groups/adapters/views/group-reader.js'

/** Something to be written into a group's lane of messages. */
export interface LaneChange {
  readonly commandId: string
  readonly actorId: string
  readonly now: Date
  readonly traceparent: string | undefined
  /** About how many bytes the event has. */
  readonly size: number
  /**
   * Decides on the present view, also again after the roster has changed; throws a Refusal. `before` is what goes into the
   * same commit ahead of it. Undefined: everything already is as wanted.
   */
  decide(before: readonly DecidedChange[]): EventBody | undefined
}

export interface DecidedChange {
  readonly change: LaneChange
  readonly body: EventBody | undefined
}

/** The one writer of a group's messages: changes that come together share one commit. */
export class MessageLane {
  readonly #commits: GroupCommit<LaneChange, DecidedChange>

  constructor(private readonly history: GroupHistory) {
    this.#commits = new GroupCommit<LaneChange, DecidedChange>({
      scope: (groupId) => this.history.scope(groupId),
      sizeOf: ({ size }) => size + 200,
      decide: (_, change, before) => ({ change, body: change.decide(before) }),
      append: (groupId, decided) => this.#append(groupId, decided),
    })
  }

  /** Resolves when the change is in the log and in the view. Errors: those of {@link GroupCommit.submit}. */
  submit(groupId: string, change: LaneChange): Promise<DecidedChange> {
    return this.#commits.submit(groupId, change)
  }

  /** Stored only if the roster that the authors were checked against is still the newest (ADR 4). */
  async #append(groupId: string, decided: readonly DecidedChange[]): Promise<'done' | 'conflict'> {
    const changes = decided.filter(({ body }) => body !== undefined)
    const [first] = changes
    if (!first) return 'done'
    const { deps, view } = this.history
    const stream = this.history.stream(groupId)
    const roster = this.history.subject(groupId, 'roster')
    const rosterSeq = groupById(view, groupId)?.roster_seq ?? 0
    const result = await deps.store.append({
      stream,
      subject: this.history.subject(groupId, 'messages'),
      commit: commitOf(changes, first.change, rosterSeq),
      expect: { subject: roster, lastSeq: rosterSeq },
    })
    if (result.kind === 'appended') {
      await this.history.waitFor(groupId, result.seq)
      return 'done'
    }
    await catchUp({ ...deps, stream, filter: roster })
    return 'conflict'
  }
}

/** The commit of one change has its command's id, of several a new one; what counts is in the events. */
function commitOf(changes: readonly DecidedChange[], first: LaneChange, rosterSeq: number) {
  return create(CommitSchema, {
    id: changes.length === 1 ? first.commandId : newId(),
    time: timestampFromDate(first.now),
    traceparent: first.traceparent ?? '',
    rosterSeq: BigInt(rosterSeq),
    events: changes.map(({ change: { commandId, actorId }, body }) =>
      create(EventSchema, { commandId, actorId, version: 1, body: body ?? { case: undefined } }),
    ),
  })
}
