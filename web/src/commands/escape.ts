import { onScopeDispose } from 'vue'

/**
 * What Escape means, first things first: menus and dialogs close by themselves before any of these is asked.
 * In a conversation: leave what is being written (an edit, a reply), close the panel beside it, go to the newest message, read.
 */
export const ESCAPE = { call: 50, editing: 40, selection: 35, panel: 30, toPresent: 20, focus: 10 } as const

interface Handler {
  readonly rank: number
  /** False: there was nothing to leave, the next one is asked. */
  readonly run: () => boolean
}
const handlers = new Set<Handler>()

/** Takes part in Escape for as long as the component lives. */
export function useEscape(rank: number, run: () => boolean): void {
  const handler = { rank, run }
  handlers.add(handler)
  onScopeDispose(() => handlers.delete(handler))
}

/** One step back. True when something was left. */
export const stepBack = (): boolean => [...handlers].sort((a, b) => b.rank - a.rank).some(({ run }) => run())
