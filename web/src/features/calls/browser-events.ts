export interface BrowserListener {
  /** The network is another one, or is back. */
  networkChanged(): void
  /** Something was plugged in or pulled out. */
  devicesChanged(): void
  /** The person has touched the page: from now on it may make sounds. */
  touched(): void
}

/** What happens around a call in its browser, until `signal` is aborted. */
export function watchBrowser(listener: BrowserListener, signal: AbortSignal): void {
  const { connection: network } = navigator as Navigator & { readonly connection?: EventTarget }
  network?.addEventListener('change', () => listener.networkChanged(), { signal })
  window.addEventListener('online', () => listener.networkChanged(), { signal })
  navigator.mediaDevices?.addEventListener('devicechange', () => listener.devicesChanged(), { signal })
  for (const kind of ['pointerdown', 'keydown'])
    window.addEventListener(kind, () => listener.touched(), { signal, capture: true })
}
