import { onBeforeUnmount } from 'vue'
import { windowStore } from '../../../browser.js'
import type { Anchor } from './anchored/anchor.js'

/** The scroll position of each conversation; `undefined`: at its end. Kept for the tab, over a reload. */
const KEY = 'beseda.places'
const MOST = 100

function all(): Record<string, Anchor> {
  try {
    return JSON.parse(windowStore.getItem(KEY) ?? '{}') as Record<string, Anchor>
  } catch {
    // Written by another version, or by another program: treated as missing.
    return {}
  }
}

/** Keeps the position in a conversation for the next time it is opened. */
export function usePlace(groupId: string, current: () => Anchor | undefined): Anchor | undefined {
  function keep(): void {
    const { [groupId]: _, ...others } = all()
    const here = current()
    const entries = [...Object.entries(others), ...(here ? [[groupId, here] as const] : [])].slice(-MOST)
    windowStore.setItem(KEY, JSON.stringify(Object.fromEntries(entries)))
  }
  window.addEventListener('pagehide', keep)
  onBeforeUnmount(() => {
    window.removeEventListener('pagehide', keep)
    keep()
  })
  return all()[groupId]
}
