import type { App } from 'vue'
import { handled, log } from './log.js'

/** The first screen comes first: reporting begins when the browser has nothing to do, and tells what happened until then. */
const IDLE_WITHIN_MS = 5_000

/** From the start of the page: errors that nobody caught are logged, and what the gateway counts is reported to it. */
export function startDiagnostics(app: App): void {
  log.step('page', 'started', { kind: 'STARTED', durationMs: Math.round(performance.now()) })
  app.config.errorHandler = (error, _instance, info) => {
    log.error('vue', error, 'ERROR')
    console.error(error, info)
  }
  window.addEventListener('error', ({ error }) => {
    // Without an error it is the notice of a ResizeObserver that goes on in the next frame.
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
