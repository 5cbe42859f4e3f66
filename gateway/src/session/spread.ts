/** Clients that are made to come back in one second: what the others can take beside their own work. */
const PER_SECOND = 500
const LEAST_MS = 2_000

/** Over how long so many clients are sent elsewhere. */
export const spreadMs = (clients: number): number => Math.max(LEAST_MS, (clients / PER_SECOND) * 1_000)
