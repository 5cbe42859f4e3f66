import { type DeviceListener, watchDevices } from '../media/watch-devices.js'

export interface BrowserListener extends DeviceListener {
  /** The network has changed, or is back. */
  networkChanged(): void
  /** The person has touched the page: from now on it may play sounds. */
  touched(): void
  /** The page is closed, or loaded again: what is sent now must not wait for anything. */
  pageCloses(): void
}

/** Browser events that a call listens to, until `signal` is aborted. */
export function watchBrowser(listener: BrowserListener, signal: AbortSignal): void {
  const { connection: network } = navigator as Navigator & { readonly connection?: EventTarget }
  network?.addEventListener('change', () => listener.networkChanged(), { signal })
  window.addEventListener('online', () => listener.networkChanged(), { signal })
  window.addEventListener('pagehide', () => listener.pageCloses(), { signal })
  watchDevices(listener, signal)
  for (const kind of ['pointerdown', 'keydown'])
    window.addEventListener(kind, () => listener.touched(), { signal, capture: true })
}
