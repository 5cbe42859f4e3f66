import { type GroupHistory, upToDate } from '@beseda/history'
import { RETENTION_STREAM } from '@beseda/proto'

/**
 * The view has every legal hold that stands in the log now. Whoever takes something out of the log, or out of the store of files, calls this first, however
 * far this replica has read: holds are in a stream of their own, so no condition of an append can name them (ADR 79).
 */
export const holdsUpToDate = (deps: GroupHistory['deps'], signal?: AbortSignal): Promise<void> =>
  upToDate(deps, [RETENTION_STREAM], signal)
