export interface BrowserListener {
  /** The network has changed, or is back. */
  networkChanged(): void
  /** A device was plugged in or unplugged. */
  devicesChanged(): void
  /** The person has touched the page: from now on it may play sounds. */
  touched(): void
}

/** Browser events that a call listens to, until `signal` is aborted. */
export function watchBrowser(listener: BrowserListener, signal: AbortSignal): void {
  const { connection: network } = navigator as Navigator & { readonly connection?: EventTarget }
  network?.addEventListener('change', () => listener.networkChanged(), { signal })
  window.addEventListener('online', () => listener.networkChanged(), { signal })
  navigator.mediaDevices?.addEventListener('devicechange', () => listener.devicesChanged(), { signal })
  for (const kind of ['pointerdown', 'keydown'])
    window.addEventListener(kind, () => listener.touched(), { signal, capture: true })
}
