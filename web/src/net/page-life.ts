/** The page is about to be closed, or frozen: in the back/forward cache, or in the background. */
type Leaving = (frozen: boolean) => void

const leaving: Leaving[] = []
const leavingLast: Leaving[] = []
const returning: (() => void)[] = []
let isFrozen = false
let isWatching = false

/**
 * Nothing of the page runs after `work` until it comes back, if ever: it must be done when it returns. `order`: what `last` work closes
 * is used by the other.
 */
export function whenLeaving(work: Leaving, order: 'first' | 'last' = 'first'): void {
  const list = order === 'last' ? leavingLast : leaving
  list.push(work)
  watch()
}

/** The page was frozen and is shown again. */
export function whenBack(work: () => void): void {
  returning.push(work)
  watch()
}

function leave(frozen: boolean): void {
  isFrozen = true
  for (const work of [...leaving, ...leavingLast]) work(frozen)
}

function back(): void {
  // Every page gets `pageshow` when it has loaded.
  if (!isFrozen) return
  isFrozen = false
  for (const work of returning) work()
}

function watch(): void {
  if (isWatching) return
  isWatching = true
  window.addEventListener('pagehide', ({ persisted }) => leave(persisted))
  window.addEventListener('pageshow', back)
  // Page Lifecycle: a background tab, in Chromium only.
  window.addEventListener('freeze', () => leave(true), true)
  window.addEventListener('resume', back, true)
}
