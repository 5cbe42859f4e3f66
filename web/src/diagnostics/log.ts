import { ClientLog, type EventKind } from './client-log.js'

/** The log of this window. */
export const log = new ClientLog(() => Date.now())

/**
 * For `.catch(...)` of work whose failure the person need not be told about: the error is logged and reported, and the work goes on with
 * `undefined`. `source` names the part of the client, as in `chat.prefetch`.
 */
export const handled =
  (source: string, kind: EventKind = 'HANDLED_ERROR') =>
  (error: unknown): undefined => {
    log.error(source, error, kind)
    return undefined
  }
