import {
  type Command,
  type CommandDeps,
  type CommandResult,
  catchUp,
  confirmRefusals,
  handleCommand,
  type ViewScope,
} from '@beseda/event-log'
import { partitionOf, Refusal } from '@beseda/kernel'
import { groupFilter, historyStream, historySubject, LANES, type LaneName } from '@beseda/proto'
import { ErrorReason } from '@beseda/proto/common/v1/errors'

/** Filters of all lanes of all groups but `messages`, which is nearly all of the log: for views that have little to do with messages. */
export const BESIDE_MESSAGES: readonly string[] = LANES.filter((lane) => lane !== 'messages').map(
  (lane) => `history.*.*.${lane}`,
)

/** The person who sends a command, and what belongs to the request. */
export interface Caller {
  readonly commandId: string
  readonly userId: string
  readonly now: Date
  readonly traceparent: string | undefined
  readonly signal: AbortSignal
}

/** The history of groups for a service that has a view of it: the stream of a group, the subjects of its lanes, and commands on them. */
export class GroupHistory {
  constructor(
    readonly deps: CommandDeps,
    private readonly partitionCount: number,
  ) {}

  get view() {
    return this.deps.projection.view
  }

  partition(groupId: string): number {
    return partitionOf(groupId, this.partitionCount)
  }

  stream(groupId: string): string {
    return historyStream(this.partition(groupId))
  }

  subject(groupId: string, lane: LaneName): string {
    return historySubject(this.partition(groupId), groupId, lane)
  }

  /** The view together with all lanes of a group. */
  scope(groupId: string, signal?: AbortSignal): ViewScope {
    const filter = groupFilter(this.partition(groupId), groupId)
    return { ...this.deps, stream: this.stream(groupId), filter, signal }
  }

  /** Waits until the view has folded everything that the log now holds of the group. */
  catchUp(groupId: string, signal?: AbortSignal): Promise<void> {
    return catchUp(this.scope(groupId, signal))
  }

  /**
   * The view has every commit of the group up to this sequence, and none after it. From the view itself, so that what is read from it in
   * the same turn is of this moment: the projection counts a commit as folded only a moment later.
   */
  asOf(groupId: string): number {
    return this.view.checkpoint(this.stream(groupId))?.seq ?? 0
  }

  waitFor(groupId: string, seq: number, signal?: AbortSignal): Promise<void> {
    return this.deps.projection.waitFor(this.stream(groupId), seq, signal)
  }

  /**
   * Waits for a sequence that comes with a request. A sequence beyond the end of the log is refused: requests that wait for one in vain
   * would pile up. Errors: INVALID_REQUEST.
   */
  async waitForNamed(groupId: string, minSeq: number, signal: AbortSignal): Promise<void> {
    const { store, projection } = this.deps
    const stream = this.stream(groupId)
    if (minSeq > projection.applied(stream) && minSeq > (await store.info(stream)).lastSeq) {
      throw new Refusal(ErrorReason.INVALID_REQUEST, { field: 'min_seq' })
    }
    await this.waitFor(groupId, minSeq, signal)
  }

  /** For queries, see `confirmRefusals` of the event log. {@link run} confirms the refusals of commands by itself. */
  confirmRefusals<T>(groupId: string, signal: AbortSignal, decide: () => T | Promise<T>): Promise<T> {
    return confirmRefusals(this.scope(groupId, signal), decide)
  }

  /** A command on one lane of a group; its decision may read all lanes. Errors: see `handleCommand`. */
  run<State>(
    groupId: string,
    lane: LaneName,
    caller: Caller,
    rules: Pick<Command<State>, 'findResult' | 'load' | 'decide' | 'expects' | 'guard'>,
  ): Promise<CommandResult> {
    return handleCommand<State>(this.deps, {
      ...rules,
      ...caller,
      actorId: caller.userId,
      key: groupId,
      stream: this.stream(groupId),
      subject: this.subject(groupId, lane),
      basis: this.scope(groupId),
    })
  }
}

/** Waits until the view has folded everything that the streams hold now: a read after it is linearizable. */
export async function upToDate(
  { store, projection }: Pick<CommandDeps, 'store' | 'projection'>,
  streams: readonly string[],
  signal?: AbortSignal,
): Promise<void> {
  await Promise.all(
    streams.map(async (stream) => projection.waitFor(stream, (await store.info(stream)).lastSeq, signal)),
  )
}
