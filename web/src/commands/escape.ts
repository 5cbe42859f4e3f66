import { onScopeDispose } from 'vue'

/**
 * What Escape does, in order of priority: menus and dialogs close themselves before any of these handlers runs.
 * In a conversation: cancel composing (an edit, a reply), close the side panel, go to the newest message, mark as read.
 */
export const ESCAPE = { call: 50, editing: 40, selection: 35, panel: 30, toPresent: 20, focus: 10 } as const

interface Handler {
  readonly rank: number
  /** False: there was nothing to close, so the next handler runs. */
  readonly run: () => boolean
}
const handlers = new Set<Handler>()

/** Handles Escape for as long as the component lives. */
export function useEscape(rank: number, run: () => boolean): void {
  const handler = { rank, run }
  handlers.add(handler)
  onScopeDispose(() => handlers.delete(handler))
}

/** Takes one step back. True when something was closed. */
export const stepBack = (): boolean => [...handlers].sort((a, b) => b.rank - a.rank).some(({ run }) => run())
