import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { ConnectError } from '@connectrpc/connect'
import { reasonOf } from '../net/errors.js'

/** What may be reported about an error: names and stack frames, never its message, which can hold what a person wrote. */
export interface ErrorFacts {
  /** Reason of a refusal (`RATE_LIMITED`), else the class (`TypeError`). */
  readonly reason: string
  readonly stack: readonly string[]
  /** A request to the server failed. */
  readonly isRequest: boolean
  /** The server is unreachable, or the work was cancelled. */
  readonly isExpected: boolean
}

const NAME = /^[A-Za-z]\w{0,63}$/
/** Matches a file of the client, with line and column, in a line of a stack (Chromium, Firefox and Safari). */
const PLACE = /\b(?:assets|src)\/[\w./-]+:\d+:\d+/
const MAX_PLACES = 10

const nameOf = (error: unknown): string => {
  if (!(error instanceof Error || error instanceof DOMException)) return 'NotAnError'
  return NAME.test(error.name) ? error.name : 'Error'
}

export function errorFacts(error: unknown): ErrorFacts {
  const isRequest = error instanceof ConnectError
  const reason = isRequest ? (ErrorReason[reasonOf(error)] ?? 'UNSPECIFIED') : nameOf(error)
  return {
    reason,
    stack: isRequest ? [] : placesOf(error instanceof Error ? error.stack : undefined),
    isRequest,
    isExpected: reason === 'AbortError' || (isRequest && reason === 'UNAVAILABLE'),
  }
}

const placesOf = (stack = ''): readonly string[] =>
  stack
    .split('\n')
    .flatMap((line) => PLACE.exec(line)?.[0] ?? [])
    .slice(0, MAX_PLACES)
