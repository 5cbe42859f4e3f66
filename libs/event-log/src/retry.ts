import { JetStreamApiError } from '@nats-io/jetstream'
import { RequestError } from '@nats-io/nats-core'
import { LogFull, LogUnavailable } from './port.js'

/** Time for all tries of one request to the log. A leader election takes 2-6 s; longer: callers wait for a log that is down. */
export const RETRY_MS = 10_000

export const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

/** The server has no leader for its cluster; there is no such stream (yet: the log is being set up or restored). */
const PASSING: ReadonlySet<number> = new Set([10008, 10059])

/** Errors that a server restart, a leader election or a log that is being set up explains: another try may succeed. */
export function isTransient(error: unknown): boolean {
  if (error instanceof RequestError) return true
  if (error instanceof JetStreamApiError) return PASSING.has(error.code) || error.status === 503
  return (
    error instanceof Error && /timeout|no responders|disconnect|connection|503/i.test(`${error.name} ${error.message}`)
  )
}

/** What a server answers that has reached its limit of storage, or the end of its disk: resources, storage, the store's own failure. */
const FULL: ReadonlySet<number> = new Set([10023, 10047, 10077])

/** Whether an answer of JetStream says that there is no room. `code`: its `err_code`. */
export const isFull = (code: number | undefined, description: string): boolean =>
  code !== undefined && FULL.has(code) && /resources|maximum bytes|no space|storage|disk|write/i.test(description)

/** Does something that stores: Errors: LogFull in the place of JetStream's own error, which says the same. */
export async function storing<T>(store: () => Promise<T>): Promise<T> {
  try {
    return await store()
  } catch (error) {
    if (error instanceof JetStreamApiError && isFull(error.code, error.message)) {
      throw new LogFull('the log has no room', { cause: error })
    }
    throw error
  }
}

/** Tries a read again after transient errors, for at most RETRY_MS. Errors: LogUnavailable after that. */
export async function retryTransient<T>(read: () => Promise<T>): Promise<T> {
  const deadline = performance.now() + RETRY_MS
  for (;;) {
    try {
      return await read()
    } catch (error) {
      if (!isTransient(error)) throw error
      if (performance.now() > deadline) throw new LogUnavailable('the log did not answer a read', { cause: error })
      await pause(50 + Math.random() * 150)
    }
  }
}

/** For what a process opens when it starts: waits, without limit, while the servers of the bus do not answer. */
export async function whenAnswered<T>(open: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await retryTransient(open)
    } catch (error) {
      if (!(error instanceof LogUnavailable)) throw error
    }
  }
}
