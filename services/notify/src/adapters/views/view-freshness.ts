import type { GroupHistory } from '@beseda/history'
import type { ViewFreshness } from '../../application/ports.js'

/** A view that is further behind is stuck, and a notification this late is noise. */
const TIMEOUT_MS = 10_000

export const viewFreshness = (history: GroupHistory): ViewFreshness => ({
  reached: (stream, seq) => history.deps.projection.waitFor(stream, seq, AbortSignal.timeout(TIMEOUT_MS)),
  caughtUp: (groupId) => history.catchUp(groupId, AbortSignal.timeout(TIMEOUT_MS)),
})
