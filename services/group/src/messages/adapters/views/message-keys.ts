/** Keys of one millisecond. A commit holds at most 100 messages. */
const KEYS_PER_MS = 2048

/** The first key of a millisecond: a message's key is the milliseconds of its time, then a running number. */
export const keyAt = (ms: number): number => ms * KEYS_PER_MS
