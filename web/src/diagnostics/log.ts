import { ClientLog, type EventKind } from './client-log.js'

/** The log of this window. */
export const log = new ClientLog(() => Date.now())

/**
 * For `.catch(...)` of work whose failure need not be shown to the person: the error is logged and reported, and the work continues with
 * `undefined`. `source` names the part of the client, as in `chat.prefetch`.
 */
export const handled =
  (source: string, kind: EventKind = 'HANDLED_ERROR') =>
  (error: unknown): undefined => {
    log.error(source, error, kind)
    return undefined
  }
