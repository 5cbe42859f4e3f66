import { onBeforeUnmount } from 'vue'
import type { Anchor } from './anchored/anchor.js'

/** Where each conversation was left; `undefined`: at its end. Kept for the tab, over a reload. */
const KEY = 'beseda.places'
const MOST = 100

function all(): Record<string, Anchor> {
  try {
    return JSON.parse(sessionStorage.getItem(KEY) ?? '{}') as Record<string, Anchor>
  } catch {
    // Of another version, or written by somebody else: as if nothing was kept.
    return {}
  }
}

/** Keeps the place in a conversation for the next time it is opened. */
export function usePlace(groupId: string, current: () => Anchor | undefined): Anchor | undefined {
  function keep(): void {
    const { [groupId]: _, ...others } = all()
    const here = current()
    const entries = [...Object.entries(others), ...(here ? [[groupId, here] as const] : [])].slice(-MOST)
    sessionStorage.setItem(KEY, JSON.stringify(Object.fromEntries(entries)))
  }
  window.addEventListener('pagehide', keep)
  onBeforeUnmount(() => {
    window.removeEventListener('pagehide', keep)
    keep()
  })
  return all()[groupId]
}
