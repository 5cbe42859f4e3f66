/** Wrong passwords for one account. */
export interface Failures {
  readonly count: number
  /** Unix ms of the newest. */
  readonly at: number
}

/** Wrong passwords without a wait: people mistype. */
const FREE_FAILURES = 5
/** The first wait; each further failure doubles it. */
const FIRST_WAIT_MS = 2_000
const LONGEST_WAIT_MS = 15 * 60_000

/** Milliseconds until the next attempt; 0: now. An attacker gets some 100 guesses a day at one account, from however many addresses. */
export function waitAfter({ count, at }: Failures, now: number): number {
  if (count < FREE_FAILURES) return 0
  return Math.max(0, at + Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (count - FREE_FAILURES)) - now)
}
