/**
 * Ticks while this window is hidden. A browser slows the timers of such a window down to one a minute, after which the gateway
 * considers a silent socket dead; timers of a worker are not slowed down.
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
