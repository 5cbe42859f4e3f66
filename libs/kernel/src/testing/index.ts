import type { ErrorReason } from '@beseda/proto/common/v1/errors'
import { type Decider, fold } from '../decider.js'
import { Refusal } from '../refusal.js'

/** Turns decided events into the events of the log after a history. */
type Recorder<Command, Event, Decided> = (
  decided: readonly Decided[],
  command: Command,
  history: readonly Event[],
) => readonly Event[]

/**
 * The test form of an aggregate: `given(events).when(command).yields(events)`, or `.refused(reason)`. Plain errors, so that
 * any test runner shows them. `record` is needed where the log adds data to events that the state needs.
 */
export function aggregate<State, Command, Event>(
  decider: Decider<State, Command, Event>,
): (history: readonly Event[]) => Given<State, Command, Event, Event>
export function aggregate<State, Command, Event, Decided>(
  decider: Decider<State, Command, Event, Decided>,
  record: Recorder<Command, Event, Decided>,
): (history: readonly Event[]) => Given<State, Command, Event, Decided>
export function aggregate<State, Command, Event, Decided>(
  decider: Decider<State, Command, Event, Decided>,
  record: Recorder<Command, Event, Decided> = (decided) => decided as readonly unknown[] as readonly Event[],
) {
  return (history: readonly Event[]): Given<State, Command, Event, Decided> => {
    const state = () => fold(decider, history)
    return {
      state,
      when: (command) => {
        const events = () => decider.decide(command, state())
        const recorded = () => record(events(), command, history)
        return {
          events,
          recorded,
          state: () => fold(decider, recorded(), state()),
          yields: (expected) => same(events(), expected),
          refused: (reason) => same(reasonOf(events), reason),
        }
      },
    }
  }
}

export interface Given<State, Command, Event, Decided> {
  state(): State
  when(command: Command): {
    events(): readonly Decided[]
    /** The events as stored in the log. */
    recorded(): readonly Event[]
    /** The state after the events of the command. */
    state(): State
    yields(expected: readonly Decided[]): void
    refused(reason: ErrorReason): void
  }
}

function reasonOf(decide: () => unknown): ErrorReason | string {
  try {
    return `accepted: ${show(decide())}`
  } catch (error) {
    if (error instanceof Refusal) return error.reason
    throw error
  }
}

function same(actual: unknown, expected: unknown): void {
  if (show(actual) !== show(expected)) throw new Error(`expected ${show(expected)}, got ${show(actual)}`)
}

const show = (value: unknown): string =>
  JSON.stringify(value, (_, part: unknown) => (typeof part === 'bigint' ? `${part}n` : part), 1) ?? 'undefined'
