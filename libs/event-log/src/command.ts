import type { SerialQueue } from '@beseda/async'
import { Refusal } from '@beseda/kernel'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { type Commit, CommitSchema, EventSchema } from '@beseda/proto/log/v1/commit'
import { create } from '@bufbuild/protobuf'
import { timestampFromDate } from '@bufbuild/protobuf/wkt'
import type { EventBody } from './codec.js'
import type { EventStore, Expectation } from './port.js'
import { confirmRefusals } from './views/freshness.js'
import type { Projection } from './views/projection.js'

/**
 * Conflicts in a row after which a command is refused with CONTENTION: other replicas write all the time, and the caller should
 * wait before a retry. More: requests wait longer and add to the load; fewer: refusals during short bursts.
 */
export const MAX_CONFLICTS = 8

export interface CommandDeps {
  readonly store: EventStore
  readonly projection: Projection
  readonly queue: SerialQueue
}

export interface Command<State> {
  /** Commands of one key run one after another in this process. */
  readonly key: string
  readonly stream: string
  readonly subject: string
  readonly commandId: string
  readonly actorId: string
  readonly now: Date
  readonly traceparent?: string | undefined
  readonly signal?: AbortSignal | undefined
  /** What the decision reads, for {@link confirmRefusals}. Default: `subject` of `stream`. */
  readonly basis?: { readonly stream: string; readonly filter?: string | undefined } | undefined
  /** The sequence of the commit that this command wrote, if it was carried out before. */
  findResult?(): number | undefined
  /** The aggregate from the view, with the last sequence of `subject` that is in it. */
  load(): { readonly state: State; readonly lastSeq: number }
  /** Pure; throws a Refusal. No events: the state already is as requested. */
  decide(state: State): readonly EventBody[]
  /** What the append is conditional on instead of the last sequence of `subject`; asked after `decide`, about the same view. */
  expects?(): Expectation
  /** As of an append; asked after `decide`, about the same view. */
  guard?(): string | undefined
}

export interface CommandResult {
  /** Sequence of the command's commit; the view has folded it. */
  readonly seq: number
  readonly events: readonly EventBody[]
}

/**
 * The one way a command gets into the log: load the aggregate from the view, decide, append on the condition that nobody else
 * wrote to the subject (or to what the command `expects`) meanwhile, wait until the view has folded the commit. After a conflict the view catches up and the command is
 * decided again. Errors: the refusals of `decide`, each confirmed on a view that has caught up; CONTENTION; COMMAND_ID_REUSED, when the log
 * holds a commit with the command's id already, from before the state that was decided on, and `findResult` knows nothing of it.
 */
export async function handleCommand<State>(deps: CommandDeps, command: Command<State>): Promise<CommandResult> {
  const { stream, subject, signal, basis = { stream, filter: subject } } = command
  const result = await confirmRefusals({ ...deps, ...basis, signal }, () =>
    deps.queue.run(command.key, () => attempt(deps, command)),
  )
  if (result === undefined) throw new Refusal(ErrorReason.CONTENTION)
  return result
}

/** Undefined: too many conflicts in a row. */
async function attempt<State>(
  { store, projection }: CommandDeps,
  command: Command<State>,
): Promise<CommandResult | undefined> {
  const { stream, subject, signal } = command
  for (let conflicts = 0; conflicts < MAX_CONFLICTS; conflicts++) {
    // Nobody waits for the answer any more: it is not started.
    signal?.throwIfAborted()
    const done = command.findResult?.()
    if (done !== undefined) return { seq: done, events: [] }
    const { state, lastSeq } = command.load()
    const events = command.decide(state)
    if (events.length === 0) return { seq: projection.applied(stream), events }
    const guard = command.guard?.()
    if (guard !== undefined && !(await projection.mayGuard(stream, signal))) continue
    const commit = commandCommit(command, events)
    const expect = command.expects?.() ?? { subject, lastSeq }
    const result = await store.append({ stream, subject, commit, expect, guard })
    if (result.kind === 'appended') {
      // An older commit has the id: nothing was written, so what was decided now has not happened.
      if (result.duplicate && result.seq <= lastSeq) throw new Refusal(ErrorReason.COMMAND_ID_REUSED)
      await projection.waitFor(stream, result.seq, signal)
      return { seq: result.seq, events }
    }
    const newest = await store.last(stream, expect.subject)
    await projection.waitFor(stream, Math.max(newest?.seq ?? 0, result.lastSeq ?? 0), signal)
  }
  return undefined
}

/** One commit with the events of one command. Its id is the command id, which makes the append idempotent. */
export function commandCommit(
  command: Pick<Command<never>, 'commandId' | 'actorId' | 'now' | 'traceparent'>,
  events: readonly EventBody[],
): Commit {
  const { commandId, actorId, now, traceparent = '' } = command
  return create(CommitSchema, {
    id: commandId,
    time: timestampFromDate(now),
    traceparent,
    events: events.map((body) => create(EventSchema, { commandId, actorId, version: 1, body })),
  })
}
