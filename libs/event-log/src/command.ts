import type { SerialQueue } from '@beseda/async'
import { Refusal } from '@beseda/kernel'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { type Commit, CommitSchema, EventSchema } from '@beseda/proto/log/v1/commit'
import { create } from '@bufbuild/protobuf'
import { timestampFromDate } from '@bufbuild/protobuf/wkt'
import type { EventBody } from './codec.js'
import type { EventStore } from './port.js'
import type { Projection } from './projection.js'

/** Conflicts in a row after which the caller is told to come back: another replica is writing all the time. */
const MAX_CONFLICTS = 8

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
  /** The first result of this command, if it was carried out before: its sequence. */
  findResult?(): number | undefined
  /** The aggregate from the view, with the last sequence of `subject` that is in it. */
  load(): { readonly state: State; readonly lastSeq: number }
  /** Pure; throws a Refusal. No events: the state already is as wanted. */
  decide(state: State): readonly EventBody[]
}

export interface CommandResult {
  /** Where the command stands in the log; the view has folded it. */
  readonly seq: number
  readonly events: readonly EventBody[]
}

/**
 * The one way a command goes into the log: load from the view, decide, append on the condition that nobody else wrote the
 * lane, wait until the view has it. On a conflict the view is brought past it and the command decided again.
 */
export function handleCommand<State>(deps: CommandDeps, command: Command<State>): Promise<CommandResult> {
  const { store, projection, queue } = deps
  return queue.run(command.key, async () => {
    for (let conflicts = 0; conflicts < MAX_CONFLICTS; conflicts++) {
      const done = command.findResult?.()
      if (done !== undefined) return { seq: done, events: [] }
      const { state, lastSeq } = command.load()
      const events = command.decide(state)
      if (events.length === 0) return { seq: projection.applied(command.stream), events }
      const result = await store.append({
        stream: command.stream,
        subject: command.subject,
        commit: commandCommit(command, events),
        expect: { subject: command.subject, lastSeq },
      })
      if (result.kind === 'appended') {
        await projection.waitFor(command.stream, result.seq, command.signal)
        return { seq: result.seq, events }
      }
      const newest = await store.last(command.stream, command.subject)
      await projection.waitFor(command.stream, newest?.seq ?? 0, command.signal)
    }
    throw new Refusal(ErrorReason.CONTENTION)
  })
}

/** One commit of one command. Its id is the command's, which makes the append idempotent. */
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
