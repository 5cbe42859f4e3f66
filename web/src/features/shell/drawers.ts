/** Decides what a horizontal swipe moves, depending on what is on the screen. Pure. */

export interface Screen {
  /** One column at a time: the list or the conversation. */
  readonly phone: boolean
  /** Panels are drawers over the conversation, not beside it. */
  readonly narrow: boolean
  readonly inConversation: boolean
  readonly panelOpen: boolean
  /** The conversation has a list of members. */
  readonly isGroup: boolean
  /** The previous conversation can be brought back. */
  readonly hasLast: boolean
}
export type Pull = 'close panel' | 'open panel' | 'back to list' | 'back to conversation'

/** `direction` 1: to the right. */
export function pullOf(direction: 1 | -1, screen: Screen): Pull | undefined {
  const { phone, narrow, inConversation, panelOpen, isGroup, hasLast } = screen
  if (!narrow) return undefined
  if (panelOpen) return direction === 1 ? 'close panel' : undefined
  if (inConversation && direction === -1) return isGroup ? 'open panel' : undefined
  if (!phone) return undefined
  if (inConversation) return 'back to list'
  return direction === -1 && hasLast ? 'back to conversation' : undefined
}
