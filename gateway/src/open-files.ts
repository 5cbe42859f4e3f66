import { readFileSync } from 'node:fs'

/** Open files that are not clients' sockets: NATS, Redis, files that are being sent, HTTP connections. */
const RESERVED = 512
/** A gateway that could hold fewer sockets than this does not start: it would refuse nearly everybody and look healthy. */
const LEAST_SOCKETS = 100

/**
 * Number of sockets that fit into the limit of open files (`ulimit -n`), as Linux reports it; infinity where it reports none. Beyond the
 * limit the process can neither accept a socket nor refuse it, and trying takes the whole processor.
 * Errors: a sentence for the operator when the limit is too low to be of use.
 */
export function socketsThatFit(limits = ownLimits()): number {
  const found = /^Max open files\s+(\d+)/m.exec(limits)
  if (!found) return Number.POSITIVE_INFINITY
  const files = Number(found[1])
  if (files < RESERVED + LEAST_SOCKETS) {
    const needed = `at least ${RESERVED + LEAST_SOCKETS}, ${RESERVED} of them for itself`
    throw new Error(`the limit of open files is ${files}, and the gateway needs ${needed}: raise it (ulimit -n 65536)`)
  }
  return files - RESERVED
}

function ownLimits(): string {
  try {
    return readFileSync('/proc/self/limits', 'latin1')
  } catch {
    // Not Linux, or /proc is hidden: no limit is known.
    return ''
  }
}
