import { shallowRef } from 'vue'
import { handled, log } from '../../diagnostics/log.js'

/** How often a window that stays open asks for a new version; one that comes back into sight asks at once. */
const EVERY_MS = 60 * 60_000

/** The new version that waits, once there is one. */
export const waitingWorker = shallowRef<ServiceWorker>()

/** The part of the browser's API that is used, for tests without a worker. */
interface Registration extends EventTarget {
  readonly waiting: ServiceWorker | null
  readonly installing: ServiceWorker | null
  update(): Promise<unknown>
}

/** Tells when a version is ready beside the one that runs. The very first installation is not an update. */
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

/** Keeps the shell on this device from now on. Where a browser refuses that, the client works without. */
export async function keepShell(): Promise<void> {
  if (!('serviceWorker' in navigator) || !import.meta.env.PROD) return
  const registration = await navigator.serviceWorker.register('/sw.js', { scope: '/' }).catch(handled('service-worker'))
  if (!registration) return
  watchRegistration(
    registration,
    () => navigator.serviceWorker.controller !== null,
    (worker) => {
      log.step('service-worker', 'update ready')
      waitingWorker.value = worker
    },
  )
  const ask = () => void registration.update().catch(handled('service-worker.update'))
  setInterval(ask, EVERY_MS)
  document.addEventListener('visibilitychange', () => document.visibilityState === 'visible' && ask())
}

/** Goes over to the new version: this window is loaded again, the others keep what they have until theirs is. */
export function takeUpdate(worker: ServiceWorker): void {
  navigator.serviceWorker.addEventListener('controllerchange', () => location.reload(), { once: true })
  log.step('service-worker', 'update taken')
  worker.postMessage('take over')
}
