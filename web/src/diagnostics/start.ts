import type { App } from 'vue'
import { whenIdle } from '../time/when-idle.js'
import { log } from './log.js'
import { startReporting } from './reporting.js'

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
  void whenIdle(IDLE_WITHIN_MS).then(startReporting)
}
