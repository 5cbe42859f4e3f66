import { deepStrictEqual } from 'node:assert/strict'
import { type Decider, fold, Refusal } from '@beseda/kernel'
import type { Commit } from '@beseda/proto/log/v1/commit'
import fc from 'fast-check'
import { decodeCommit, encodeCommit } from '../codec.js'
import type { StoredCommit } from '../port.js'
import { SqliteView, type ViewDefinition } from '../views/sqlite-view.js'

/** A commit that a history writes; its sequence is its position in the history, from 1. */
export interface LogEntry {
  readonly stream: string
  readonly subject: string
  readonly commit: Commit
}

export interface ViewLaw<State, Event> {
  readonly view: ViewDefinition
  readonly decider: Pick<Decider<State, never, Event>, 'initialState' | 'evolve'>
  /** Random logs. They may hold commits of other aggregates: the view must keep these apart. */
  readonly histories: fc.Arbitrary<readonly LogEntry[]>
  /** The events of this aggregate in a commit, as the decider takes them; none for a commit of another one. */
  eventsOf(stored: StoredCommit): readonly Event[]
  /** The aggregate as the command side loads it. */
  load(view: SqliteView): State
  /** Maps and sets of the state whose order no decision reads. The order of all others is compared, too. */
  readonly unordered?: readonly (keyof State)[]
}

/**
 * The law of every view that commands decide on: whatever the history, the aggregate loaded from the view equals the fold of
 * its events, after every commit. Throws an AssertionError with the shortest history found for which it does not hold.
 */
export function checkViewLaw<State, Event>(law: ViewLaw<State, Event>, runs: fc.Parameters<unknown> = {}): void {
  const property = fc.property(law.histories, (history) => {
    const view = SqliteView.open(':memory:', law.view)
    try {
      const events: Event[] = []
      for (const [i, entry] of history.entries()) {
        const stored = storedAt(i + 1, entry)
        view.applyBatch(stored.stream, 'epoch', [stored])
        events.push(...law.eventsOf(stored))
        const expected = comparable(fold(law.decider, events), law.unordered)
        deepStrictEqual(comparable(law.load(view), law.unordered), expected)
      }
    } finally {
      view.close()
    }
  })
  fc.assert(property, runs as fc.Parameters<[readonly LogEntry[]]>)
}

export interface CommandLog<Command, Event, Decided> {
  /** What is in the log before the first command. */
  readonly start: readonly LogEntry[]
  eventsOf(stored: StoredCommit): readonly Event[]
  /** The commit of a command that was accepted. */
  entryOf(decided: readonly Decided[], command: Command): LogEntry
}

/** The log that commands write, one after another; one that is refused or changes nothing writes no commit. */
export function logOfCommands<State, Command, Event, Decided>(
  decider: Pick<Decider<State, never, Event>, 'initialState' | 'evolve'> & {
    decide(command: Command, state: State): readonly Decided[]
  },
  { start, eventsOf, entryOf }: CommandLog<Command, Event, Decided>,
  commands: Iterable<Command>,
): readonly LogEntry[] {
  const log: LogEntry[] = []
  let state = decider.initialState
  const write = (entry: LogEntry) => {
    log.push(entry)
    state = fold(decider, eventsOf(storedAt(log.length, entry)), state)
  }
  for (const entry of start) write(entry)
  for (const command of commands) {
    const decided = unlessRefused(() => decider.decide(command, state))
    if (decided.length > 0) write(entryOf(decided, command))
  }
  return log
}

function unlessRefused<T>(decide: () => readonly T[]): readonly T[] {
  try {
    return decide()
  } catch (error) {
    if (error instanceof Refusal) return []
    throw error
  }
}

/** As the log gives it back: written and read again. */
const storedAt = (seq: number, { stream, subject, commit }: LogEntry): StoredCommit =>
  decodeCommit(stream, subject, seq, encodeCommit(commit))

/** `deepStrictEqual` ignores the order of maps and sets, so they become lists; a property that is undefined counts as absent. */
function comparable<State>(state: State, unordered: readonly (keyof State)[] = []): unknown {
  if (typeof state !== 'object' || state === null) return state
  const present = Object.entries(state).filter(([, value]) => value !== undefined)
  return Object.fromEntries(
    present.map(([key, value]) => [key, unordered.some((name) => name === key) ? withoutOrder(value) : listed(value)]),
  )
}

function withoutOrder(value: unknown): unknown {
  if (value instanceof Map) return new Map([...value].map(([key, item]) => [key, listed(item)]))
  if (value instanceof Set) return new Set([...value].map(listed))
  return listed(value)
}

function listed(value: unknown): unknown {
  if (value instanceof Map) return { map: [...value].map(([key, item]) => [key, listed(item)]) }
  if (value instanceof Set) return { set: [...value].map(listed) }
  if (Array.isArray(value)) return value.map(listed)
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value) || value instanceof Date) return value
  return comparable(value)
}
