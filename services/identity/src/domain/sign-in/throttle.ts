/** Wrong passwords for one account. */
export interface Failures {
  readonly count: number
  /** Unix ms of the newest. */
  readonly at: number
}

/** Wrong passwords of one guesser without a wait: people mistype. */
export const FREE_FAILURES = 5
/**
 * Wrong passwords of all strangers together without a wait. More: more guesses for somebody with many addresses; fewer: fewer addresses are
 * enough to keep the person from signing in on a new device.
 */
const FREE_FOR_ALL = 50
/** The first wait; each further failure doubles it. */
const FIRST_WAIT_MS = 2_000
const LONGEST_WAIT_MS = 15 * 60_000

/** Milliseconds until the next attempt of one guesser at one account; 0: now. About 100 a day. */
export const waitAfter = (failures: Failures, now: number): number => waitBeyond(FREE_FAILURES, failures, now)

/** Milliseconds until the next attempt of any stranger at one account, from however many addresses; 0: now. About 150 on the first day. */
export const waitForAll = (failures: Failures, now: number): number => waitBeyond(FREE_FOR_ALL, failures, now)

function waitBeyond(free: number, { count, at }: Failures, now: number): number {
  if (count < free) return 0
  return Math.max(0, at + Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (count - free)) - now)
}
