import { Refusal } from '@beseda/kernel'
import type { EventStore } from '../port.js'
import type { Projection } from './projection.js'

/** A view, and the part of the log that a decision on it depends on. */
export interface ViewScope {
  readonly store: EventStore
  readonly projection: Projection
  readonly stream: string
  /** A subject, or a filter with `*` tokens. Undefined: the whole stream, for decisions that no filter with few subjects covers. */
  readonly filter?: string | undefined
  readonly signal?: AbortSignal | undefined
}

/** Waits until the view has folded everything that the log now holds on the subjects of the scope. */
export async function catchUp({ store, projection, stream, filter, signal }: ViewScope): Promise<void> {
  const newest =
    filter === undefined
      ? (await store.info(stream)).lastSeq
      : Math.max(0, ...(await store.heads(stream, [filter])).values())
  await projection.waitFor(stream, newest, signal)
}

/**
 * Every refusal that was decided on a view is decided on a view that has caught up: a view that lags does not know yet who has
 * joined, who was unbanned, or that a seat is free. If the view has advanced since `decide` was called, `decide` is called once more.
 *
 * A refusal costs a request to the log. Check what needs no view (the form of a request) before, outside of `decide`.
 */
export async function confirmRefusals<T>(scope: ViewScope, decide: () => T | Promise<T>): Promise<T> {
  const before = scope.projection.applied(scope.stream)
  try {
    return await decide()
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    await catchUp(scope)
    if (scope.projection.applied(scope.stream) === before) throw error
    return await decide()
  }
}
