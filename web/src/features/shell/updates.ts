import { shallowRef } from 'vue'
import { serviceWorkers } from '../../browser.js'
import { handled, log } from '../../diagnostics/log.js'

/** Interval of update checks of an open window; a window that becomes visible checks at once. */
const EVERY_MS = 60 * 60_000

/** The waiting version, once there is one. */
export const waitingWorker = shallowRef<ServiceWorker>()

/** The part of the browser's API that is used; tests replace it. */
interface Registration extends EventTarget {
  readonly waiting: ServiceWorker | null
  readonly installing: ServiceWorker | null
  update(): Promise<unknown>
}

/** Reports a version that is ready beside the running one. The first installation is not an update. */
export function watchRegistration(
  registration: Registration,
  controlled: () => boolean,
  found: (worker: ServiceWorker) => void,
): void {
  if (registration.waiting && controlled()) found(registration.waiting)
  registration.addEventListener('updatefound', () => {
    const worker = registration.installing
    worker?.addEventListener('statechange', () => {
      if (worker.state === 'installed' && controlled()) found(worker)
    })
  })
}

/** Registers the service worker, which keeps the shell on this device. Where a browser refuses that, the client works without. */
export async function keepShell(): Promise<void> {
  if (!serviceWorkers || !import.meta.env.PROD) return
  const workers = serviceWorkers
  const registration = await workers.register('/sw.js', { scope: '/' }).catch(handled('service-worker'))
  if (!registration) return
  watchRegistration(
    registration,
    () => workers.controller !== null,
    (worker) => {
      log.step('service-worker', 'update ready')
      waitingWorker.value = worker
    },
  )
  const ask = () => void registration.update().catch(handled('service-worker.update'))
  setInterval(ask, EVERY_MS)
  document.addEventListener('visibilitychange', () => document.visibilityState === 'visible' && ask())
}

/** Switches to the new version: this window is reloaded, the others keep the old one until they are. */
export function takeUpdate(worker: ServiceWorker): void {
  serviceWorkers?.addEventListener('controllerchange', () => location.reload(), { once: true })
  log.step('service-worker', 'update taken')
  worker.postMessage('take over')
}
