import type { CommandDeps } from '@beseda/event-log'
import { PEOPLE_STREAM } from '@beseda/proto'
import { upToDate } from './group-history.js'

/**
 * The view has every block between people, and every end of one, that stood in the log before the call. Blocks are in a stream of their own,
 * so no condition of an append can name them (ADR 62): what is decided after this holds as of a moment within the request. Whoever was told
 * that somebody is blocked gets nothing from them that was sent later.
 */
export const blocksUpToDate = (deps: Pick<CommandDeps, 'store' | 'projection'>, signal: AbortSignal): Promise<void> =>
  upToDate(deps, [PEOPLE_STREAM], signal)
