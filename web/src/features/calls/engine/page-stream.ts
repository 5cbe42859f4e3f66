import { localStore } from '../../../browser.js'

const KEY = 'beseda.stream'

/**
 * The number of the signal streams of a page that enters a call: higher than that of every earlier page of this browser, also when the
 * clock was put back since. `now`: Unix ms.
 */
export function nextStream(now: number): number {
  const next = Math.max(now, Number(localStore.getItem(KEY) ?? 0) + 1 || 0)
  localStore.setItem(KEY, String(next))
  return next
}
