import { Refusal } from '@beseda/kernel'
import type { ErrorReason } from '@beseda/proto/common/v1/errors'
import type { EventStore } from './port.js'
import type { Projection } from './projection.js'

export interface Place {
  readonly store: EventStore
  readonly projection: Projection
  readonly stream: string
  /** Subjects that matter to the question. */
  readonly filter: string
  readonly signal?: AbortSignal | undefined
}

/** Brings the view to what the log has now on the subjects of the filter. */
export async function catchUp({ store, projection, stream, filter, signal }: Place): Promise<void> {
  const newest = Math.max(0, ...(await store.heads(stream, [filter])).values())
  await projection.waitFor(stream, newest, signal)
}

/**
 * Before a person is refused for a reason that a view behind the log could be wrong about ("not a member", a moment after
 * joining), the view is brought up, and the question asked once more if it has moved since it was asked.
 */
export async function refusedOnlyWhenFresh<T>(
  place: Place,
  reasons: readonly ErrorReason[],
  ask: () => T | Promise<T>,
): Promise<T> {
  const asked = place.projection.applied(place.stream)
  try {
    return await ask()
  } catch (error) {
    if (!(error instanceof Refusal) || !reasons.includes(error.reason)) throw error
    await catchUp(place)
    if (place.projection.applied(place.stream) === asked) throw error
    return await ask()
  }
}
