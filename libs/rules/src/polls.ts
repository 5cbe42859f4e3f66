/** What a poll may be, for the service and for the form. Characters as people count them. */
export const POLL_LIMITS = {
  /** A question is read at a glance, also on a phone and in a notification. */
  question: 300,
  option: 100,
  /** More would be a list to scroll through, which nobody weighs. */
  options: 10,
  /** Days. Longer than that nobody remembers what was asked. */
  days: 365,
} as const

/** Unix ms; 0: it ends when somebody ends it. */
export const hasPollEnded = (endsAt: number, now: number): boolean => endsAt > 0 && endsAt <= now

/** A poll where nobody votes: in a copy, or in an export. */
export const pollText = (question: string, options: readonly string[]): string =>
  [question, ...options.map((option) => `- ${option}`)].join('\n')
