/**
 * How long a test waits for what must come, ms. A wait ends when its event comes; the limit only tells an event that is lost from a slow
 * machine, and tests run on machines ten times slower than their author's. Larger: a red test takes longer. Smaller: it measures speed.
 * `expect.poll`, `vi.waitFor`, `vi.waitUntil` and the pages of browsers have it by themselves (`vitest.config.ts`, `tools/test/patience.ts`).
 */
export const PATIENCE_MS = 90_000

/** How long a program may take to start, ms: many start at the same time, and each loads its code. */
export const START_MS = 2 * PATIENCE_MS
