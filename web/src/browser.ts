/**
 * What a browser may refuse to a page: storage (the person has blocked site data, or the disk is full), and with it often locks, channels
 * and service workers. Everything here works all the same, for as long as the page is open.
 */

/** Storage that falls back to the memory of this page. */
class SafeStorage implements Pick<Storage, 'getItem' | 'setItem' | 'removeItem'> {
  readonly #here = new Map<string, string>()
  constructor(private readonly kind: 'localStorage' | 'sessionStorage') {}

  getItem(key: string): string | null {
    try {
      return this.#here.get(key) ?? window[this.kind].getItem(key)
    } catch {
      // Forbidden: what this page has put is in its memory.
      return null
    }
  }

  setItem(key: string, value: string): void {
    this.#here.delete(key)
    try {
      window[this.kind].setItem(key, value)
    } catch {
      // Forbidden, or full.
      this.#here.set(key, value)
    }
  }

  removeItem(key: string): void {
    this.#here.delete(key)
    try {
      window[this.kind].removeItem(key)
    } catch {
      // Forbidden: nothing is there.
    }
  }
}

/** Of all windows of this browser, over restarts. */
export const localStore = new SafeStorage('localStorage')
/** Of this window, over reloads. */
export const windowStore = new SafeStorage('sessionStorage')

function isGranted(ask: () => unknown): boolean {
  try {
    return Boolean(ask())
  } catch {
    // The getter itself throws where the part is forbidden.
    return false
  }
}

/** The person has blocked what sites store. */
export const storageBlocked = !isGranted(() => window.localStorage)

/** Undefined over plain HTTP from another machine, and where storage is blocked: then windows are not coordinated (ADR 24). */
export const locks: LockManager | undefined =
  !storageBlocked && isGranted(() => navigator.locks) ? navigator.locks : undefined

/** Undefined as {@link locks}, and in some private windows. */
export const serviceWorkers: ServiceWorkerContainer | undefined =
  !storageBlocked && isGranted(() => navigator.serviceWorker) ? navigator.serviceWorker : undefined

/** A channel among the windows of this browser; where there may be none, this window is alone. */
export function openChannel(name: string): Pick<BroadcastChannel, 'postMessage' | 'onmessage' | 'close'> {
  try {
    return new BroadcastChannel(name)
  } catch {
    // Forbidden in this browser.
    return { postMessage: () => undefined, onmessage: null, close: () => undefined }
  }
}
