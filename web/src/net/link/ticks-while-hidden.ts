/**
 * Ticks while nobody looks at this window. A browser slows the timers of such a window down to one a minute, which is when the gateway
 * takes a silent socket for dead; those of a worker go on.
 */
export function ticksWhileHidden(everyMs: number, tick: () => void): void {
  let worker: Worker | undefined
  document.addEventListener('visibilitychange', () => {
    worker?.terminate()
    worker = undefined
    if (document.visibilityState !== 'hidden') return
    worker = new Worker(new URL('./ticks.worker.ts', import.meta.url), { type: 'module', name: String(everyMs) })
    worker.onmessage = tick
  })
}
