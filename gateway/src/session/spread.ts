/** Clients that are made to reconnect in one second. Larger: the other gateways fall behind with their own clients; smaller: a move takes longer. */
const PER_SECOND = 500
const LEAST_MS = 2_000

/** The time over which this many clients are made to reconnect. */
export const spreadMs = (clients: number): number => Math.max(LEAST_MS, (clients / PER_SECOND) * 1_000)
