/** How a window asks for the call of its browser. */
export type Claim =
  /** Only if no other window has it. */
  | 'free'
  /** As `free`, for a page that is loaded again: the one before is on its way out. */
  | 'soon'
  /** Whoever has it. */
  | 'take'

const SOON_MS = 3_000

/**
 * All windows of a browser are one device, so one of them is in the call: the one that holds this lock. Resolves with what gives it
 * back; undefined: another window has it. `onTaken`: another one has taken it. A browser without Web Locks (see ADR 24) has no order
 * among its windows.
 */
export function holdCall(userId: string, claim: Claim, onTaken: () => void): Promise<(() => void) | undefined> {
  if (!('locks' in navigator)) return Promise.resolve(() => undefined)
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
    // Rejects when another window steals the lock, or when it was not free in time: both are answers.
    navigator.locks.request(`beseda.call.${userId}`, options[claim], hold).catch(() => {
      if (held) onTaken()
      else resolve(undefined)
    })
  })
}
