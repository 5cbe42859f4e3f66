/** What ends a process in order: an orchestrator sends the first, a terminal the second. */
export const ENDING_SIGNALS = ['SIGTERM', 'SIGINT'] as const

/**
 * Ends the process with 0 at these signals while it starts: it has taken nothing yet that it would have to finish. The first process of a
 * container ignores a signal without a handler, so a pod that waits for the log would only go when it is killed. Returns a function to call
 * when what was started answers the signals itself.
 */
export function endAtSignalsWhileStarting(): () => void {
  const end = () => process.exit(0)
  for (const signal of ENDING_SIGNALS) process.on(signal, end)
  return () => {
    for (const signal of ENDING_SIGNALS) process.off(signal, end)
  }
}
