/** Wrong passwords for one account. */
export interface Failures {
  readonly count: number
  /** Unix ms of the newest. */
  readonly at: number
}

/** Wrong passwords that cost nothing: people mistype. */
const FREE = 5
/** The first wait; each further failure doubles it. */
const FIRST_WAIT_MS = 2_000
const LONGEST_WAIT_MS = 15 * 60_000

/** Milliseconds until the account may be tried again; 0: now. An attacker gets some 100 guesses a day, wherever they come from. */
export function waitAfter({ count, at }: Failures, now: number): number {
  if (count < FREE) return 0
  return Math.max(0, at + Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (count - FREE)) - now)
}
