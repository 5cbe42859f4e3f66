import { readFileSync } from 'node:fs'

/** Files that are not clients' sockets: the bus, Redis, pages and pictures that are sent, HTTP connections. */
const RESERVED = 512

/**
 * How many sockets fit into the limit of open files (`ulimit -n`), as Linux tells it; any number where it does not. Beyond the limit no
 * socket can be accepted, nor refused, and trying takes the whole processor.
 */
export function socketsThatFit(limits = ownLimits()): number {
  const found = /^Max open files\s+(\d+)/m.exec(limits)
  return found ? Math.max(1, Number(found[1]) - RESERVED) : Number.POSITIVE_INFINITY
}

function ownLimits(): string {
  try {
    return readFileSync('/proc/self/limits', 'latin1')
  } catch {
    return ''
  }
}
