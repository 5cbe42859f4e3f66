/** Resolves when the browser has nothing else to do, or after `withinMs`. Safari does not say: there, after a moment. */
export const whenIdle = (withinMs: number): Promise<void> =>
  new Promise((resolve) => {
    if ('requestIdleCallback' in globalThis) requestIdleCallback(() => resolve(), { timeout: withinMs })
    else setTimeout(resolve, Math.min(withinMs, 200))
  })
