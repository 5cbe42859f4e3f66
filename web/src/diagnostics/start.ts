import type { App } from 'vue'
import { handled, log } from './log.js'

/** The first screen has priority: reporting starts when the browser is idle, and includes earlier steps. */
const IDLE_WITHIN_MS = 5_000

/** From the start of the page: logs uncaught errors and reports to the gateway what it counts. */
export function startDiagnostics(app: App): void {
  log.step('page', 'started', { kind: 'STARTED', durationMs: Math.round(performance.now()) })
  app.config.errorHandler = (error, _instance, info) => {
    log.error('vue', error, 'ERROR')
    console.error(error, info)
  }
  window.addEventListener('error', ({ error }) => {
    // An event without an error is the notice of a ResizeObserver that continues in the next frame.
    if (error) log.error('window', error, 'ERROR')
  })
  window.addEventListener('unhandledrejection', ({ reason }) => log.error('promise', reason, 'ERROR'))
  for (const kind of ['online', 'offline']) window.addEventListener(kind, () => log.step('network', kind))
  document.addEventListener('visibilitychange', () => log.step('page', document.visibilityState))
  const report = () =>
    void import('./reporting.js').then(({ startReporting }) => startReporting(), handled('diagnostics.code'))
  if ('requestIdleCallback' in window) requestIdleCallback(report, { timeout: IDLE_WITHIN_MS })
  else setTimeout(report, IDLE_WITHIN_MS)
}
