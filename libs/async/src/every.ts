/**
 * Runs `task` at once and then again `intervalMs` after each run has ended, so that two runs never overlap. Errors go to `onError` and do
 * not end the loop. Returns a function that stops it and resolves when the run in progress has ended.
 */
export function every(
  intervalMs: number,
  task: () => Promise<void>,
  onError: (error: unknown) => void,
): () => Promise<void> {
  let stopped = false
  let wake: () => void = () => undefined
  const running = (async () => {
    while (!stopped) {
      await task().catch(onError)
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, intervalMs)
        wake = () => {
          clearTimeout(timer)
          resolve()
        }
      })
    }
  })()
  return async () => {
    stopped = true
    wake()
    await running
  }
}
