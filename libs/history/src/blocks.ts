import { type CommandDeps, confirmRefusals } from '@beseda/event-log'
import { blockSubject, PEOPLE_STREAM } from '@beseda/proto'

/**
 * Confirms refusals for a block between a person and others: a view that lags does not know that one of them has ended it a moment ago.
 * `otherId`: `*` for anybody.
 */
export function confirmBlocks<T>(
  deps: Pick<CommandDeps, 'store' | 'projection'>,
  { userId, otherId, signal }: { readonly userId: string; readonly otherId: string; readonly signal: AbortSignal },
  decide: () => T | Promise<T>,
): Promise<T> {
  const confirmed = (filter: string, ask: () => T | Promise<T>) =>
    confirmRefusals({ store: deps.store, projection: deps.projection, stream: PEOPLE_STREAM, filter, signal }, ask)
  return confirmed(blockSubject(userId, otherId), () => confirmed(blockSubject(otherId, userId), decide))
}
