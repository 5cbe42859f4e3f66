/**
 * Milliseconds before attempt number `attempt` (0: the first after a failure): exponential from `baseMs` up to `maxMs`
 * with full jitter, so that thousands of clients that lost the same server do not reconnect in step. `random` is in [0, 1).
 * Source: Brooker, "Exponential Backoff And Jitter", AWS 2015.
 */
export const backoffMs = (attempt: number, random: number, baseMs = 1_000, maxMs = 30_000): number =>
  Math.round(random * Math.min(maxMs, baseMs * 2 ** Math.min(attempt, 30)))
