import { shallowRef } from 'vue'
import { serviceWorkers } from '../../browser.js'
import { handled, log } from '../../diagnostics/log.js'
import { whenIdle } from '../../time/when-idle.js'

/** Interval of update checks of an open window; a window that becomes visible checks at once. */
const EVERY_MS = 60 * 60_000
/** Longest wait for a quiet moment. Shorter: the worker's downloads compete with a slow phone's first screen; longer: the client opens without a network only later. */
const IDLE_WITHIN_MS = 10_000

/** The waiting version, once there is one. */
export const waitingWorker = shallowRef<ServiceWorker>()

/** The part of the browser's API that is used; tests replace it. */
interface Registration extends EventTarget {
  readonly waiting: ServiceWorker | null
  readonly installing: ServiceWorker | null
  readonly active: ServiceWorker | null
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

/** Resolves when a worker answers requests, or when the first one could not be installed. */
export async function answering({ active, waiting, installing }: Registration): Promise<void> {
  const first = installing ?? waiting
  if (active || !first) return
  await new Promise<void>((resolve) => {
    const look = () => (first.state === 'activated' || first.state === 'redundant') && resolve()
    first.addEventListener('statechange', look)
    look()
  })
}

let kept: Promise<void> = Promise.resolve()
/** Resolves when the service worker answers requests, or when there will be none. */
export const shellKept = (): Promise<void> => kept

/** Keeps the shell on this device as soon as the first screen is complete and the browser is idle. @param shown resolves with the first screen */
export function keepShellAfter(shown: Promise<unknown>): void {
  if (!serviceWorkers || !import.meta.env.PROD) return
  // Where the first screen could not be shown, the next visit may have to do without a network.
  const complete = shown.catch(handled('first-screen')).then(() => document.fonts.ready)
  kept = keepShell(
    serviceWorkers,
    complete.then(() => whenIdle(IDLE_WITHIN_MS)),
  )
}

/** Registers the service worker, not before `complete`: until then the first screen needs the network. Where a browser refuses that, the client works without. */
export async function keepShell(workers: ServiceWorkerContainer, complete: Promise<unknown>): Promise<void> {
  await complete
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
  await answering(registration)
}

/** Switches to the new version: this window is reloaded, the others keep the old one until they are. */
export function takeUpdate(worker: ServiceWorker): void {
  serviceWorkers?.addEventListener('controllerchange', () => location.reload(), { once: true })
  log.step('service-worker', 'update taken')
  worker.postMessage('take over')
}
