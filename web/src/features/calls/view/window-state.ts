export type Panel = 'stats' | 'code'

/** The state of the call window itself. */
export interface WindowState {
  /** The pinned tile; it stays in the middle until it is unpinned. */
  readonly pinned: string | undefined
  /** In a corner, with the conversation behind it. */
  readonly small: boolean
  readonly panel: Panel | undefined
}

export const NEW_WINDOW: WindowState = { pinned: undefined, small: false, panel: undefined }

export type WindowIntent =
  | { readonly do: 'pin'; readonly tile: string }
  | { readonly do: 'resize' }
  /** Opens the panel, or closes it. */
  | { readonly do: 'panel'; readonly panel: Panel }
  /** One step back: the panel closes, then the pin is removed, then the window becomes small. */
  | { readonly do: 'back' }

export function after(state: WindowState, intent: WindowIntent): WindowState {
  switch (intent.do) {
    case 'pin':
      return { ...state, pinned: state.pinned === intent.tile ? undefined : intent.tile }
    case 'resize':
      return { ...state, small: !state.small, panel: undefined }
    case 'panel':
      return { ...state, panel: state.panel === intent.panel ? undefined : intent.panel }
    case 'back':
      if (state.small) return state
      if (state.panel) return { ...state, panel: undefined }
      return state.pinned === undefined ? { ...state, small: true } : { ...state, pinned: undefined }
  }
}
