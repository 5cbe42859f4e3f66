import { Refusal } from '@beseda/kernel'
import type { ErrorReason } from '@beseda/proto/common/v1/errors'
import type { EventStore } from './port.js'
import type { Projection } from './projection.js'

/** Brings the view to what the log has now on the subjects of the filter. True: it was behind. */
export async function catchUp(
  { store, projection }: { readonly store: EventStore; readonly projection: Projection },
  stream: string,
  filter: string,
  signal?: AbortSignal,
): Promise<boolean> {
  const newest = Math.max(0, ...(await store.heads(stream, [filter])).values())
  if (projection.applied(stream) >= newest) return false
  await projection.waitFor(stream, newest, signal)
  return true
}

/**
 * Before a person is refused for a reason that a view behind the log could be wrong about ("not a member", a moment after
 * joining), the view is brought up and the question asked once more.
 */
export async function refusedOnlyWhenFresh<T>(
  reasons: readonly ErrorReason[],
  bringUp: () => Promise<boolean>,
  ask: () => T | Promise<T>,
): Promise<T> {
  try {
    return await ask()
  } catch (error) {
    if (!(error instanceof Refusal) || !reasons.includes(error.reason) || !(await bringUp())) throw error
    return await ask()
  }
}
