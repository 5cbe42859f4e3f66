import type { ErrorReason } from '@beseda/proto/common/v1/errors'
import { type Decider, fold } from '../decider.js'
import { Refusal } from '../refusal.js'

/**
 * The test form of an aggregate: `given(events).when(command).yields(events)`, or `.refused(reason)`. Plain errors, so that
 * any test runner shows them.
 */
export const aggregate =
  <State, Command, Event>(decider: Decider<State, Command, Event>) =>
  (history: readonly Event[]) => {
    const state = (): State => fold(decider, history)
    return {
      state,
      when: (command: Command) => {
        const events = () => decider.decide(command, state())
        return {
          events,
          /** The state after the command's events. */
          state: (): State => fold(decider, events(), state()),
          yields: (expected: readonly Event[]): void => same(events(), expected),
          refused: (reason: ErrorReason): void => same(reasonOf(events), reason),
        }
      },
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
