/** Runs `sweep` again and again, never twice at once, until it is stopped. Its errors are reported and do not end it. */
export function everyMs(
  ms: number,
  sweep: () => Promise<void>,
  onError: (error: unknown) => void,
): () => Promise<void> {
  let stopped = false
  let wake: () => void = () => undefined
  const running = (async () => {
    while (!stopped) {
      await sweep().catch(onError)
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, ms)
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
