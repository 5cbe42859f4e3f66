import { locks } from '../../../browser.js'

/** How a window requests the call of its browser. */
export type Claim =
  /** Only if no other window has it. */
  | 'free'
  /** As `free`, for a reloaded page: waits for the previous page, which is closing. */
  | 'soon'
  /** Takes it from any window that has it. */
  | 'take'

const SOON_MS = 3_000

/**
 * All windows of a browser are one device, so only one of them is in the call: the one that holds this lock. Resolves with a function
 * that releases it; undefined when another window has it. `onTaken`: another window has taken it. In a browser without Web Locks (see
 * ADR 24) the windows are not coordinated.
 */
export function holdCall(userId: string, claim: Claim, onTaken: () => void): Promise<(() => void) | undefined> {
  const granted = locks
  if (!granted) return Promise.resolve(() => undefined)
  const options: Record<Claim, LockOptions> = {
    free: { ifAvailable: true },
    soon: { signal: AbortSignal.timeout(SOON_MS) },
    take: { steal: true },
  }
  return new Promise((resolve) => {
    let held = false
    const hold = (lock: Lock | null) => {
      if (!lock) return resolve(undefined)
      held = true
      return new Promise<void>((release) => resolve(release))
    }
    // Rejects when another window steals the lock, or when it was not free in time: both are expected.
    granted.request(`beseda.call.${userId}`, options[claim], hold).catch(() => {
      if (held) onTaken()
      else resolve(undefined)
    })
  })
}
