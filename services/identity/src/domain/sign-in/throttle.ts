/** Wrong passwords, or wrong codes of the second factor, for one account. */
export interface Failures {
  readonly count: number
  /** Unix ms of the newest. */
  readonly at: number
}

/** How long wrong ones keep whoever gives them waiting. */
export interface Waits {
  /** Of all strangers together without a wait. */
  readonly freeForAll: number
  /** The first wait; each further failure doubles it. */
  readonly firstMs: number
  readonly longestMs: number
}

/** Wrong ones of one guesser without a wait: people mistype. */
export const FREE_FAILURES = 5

/**
 * About 100 guesses a day of one guesser, 150 on the first day of all strangers. More free for all: more guesses for somebody with many
 * addresses; fewer: fewer addresses are enough to keep the person from signing in on a new device.
 */
export const PASSWORD_WAITS: Waits = { freeForAll: 50, firstMs: 2_000, longestMs: 15 * 60_000 }

/**
 * Three of a million codes are right at a time, so guesses are few: some twenty on the first day, then a few a day, which is less than one hit
 * in a century of guessing. Only whoever knows the password comes so far: strangers cannot keep the person waiting with it.
 */
export const CODE_WAITS: Waits = { freeForAll: 10, firstMs: 30_000, longestMs: 24 * 3_600_000 }

/**
 * Letters that one person has sent to whatever addresses, whose owners did not ask for them: some ten in the first hour, then one in six hours.
 * Longer: whoever mistypes an address often waits; shorter: more letters that the installation sends to strangers.
 */
export const LETTER_WAITS: Waits = { freeForAll: 0, firstMs: 60_000, longestMs: 6 * 3_600_000 }

/** Milliseconds until the next attempt of one guesser at one account; 0: now. */
export const waitAfter = (failures: Failures, now: number, waits = PASSWORD_WAITS): number =>
  waitBeyond(FREE_FAILURES, failures, now, waits)

/** Milliseconds until the next attempt of any stranger at one account, from however many addresses; 0: now. */
export const waitForAll = (failures: Failures, now: number, waits = PASSWORD_WAITS): number =>
  waitBeyond(waits.freeForAll, failures, now, waits)

function waitBeyond(free: number, { count, at }: Failures, now: number, { firstMs, longestMs }: Waits): number {
  if (count < free) return 0
  return Math.max(0, at + Math.min(longestMs, firstMs * 2 ** (count - free)) - now)
}
