import { JetStreamApiError } from '@nats-io/jetstream'
import { RequestError } from '@nats-io/nats-core'
import { LogUnavailable } from './port.js'

/** How long a question is asked before its outcome is called unknown. A leader election takes 2-6 s. */
export const ANSWER_MS = 10_000

export const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

/** Errors that a server restart or a leader election explains. */
export function isPassing(error: unknown): boolean {
  if (error instanceof RequestError) return true
  if (error instanceof JetStreamApiError) return error.code === 10008 || error.status === 503
  return (
    error instanceof Error && /timeout|no responders|disconnect|connection|503/i.test(`${error.name} ${error.message}`)
  )
}

/** Repeats a question through a restart or an election, some 10 s at most. Errors: LogUnavailable after that. */
export async function answered<T>(ask: () => Promise<T>): Promise<T> {
  const deadline = Date.now() + ANSWER_MS
  for (;;) {
    try {
      return await ask()
    } catch (error) {
      if (!isPassing(error)) throw error
      if (Date.now() > deadline) throw new LogUnavailable('the log did not answer a read', { cause: error })
      await pause(50 + Math.random() * 150)
    }
  }
}

/** What a process opens at its start: waits for a bus whose servers are choosing a leader, instead of ending the process. */
export async function whenAnswered<T>(open: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await answered(open)
    } catch (error) {
      if (!(error instanceof LogUnavailable)) throw error
    }
  }
}
