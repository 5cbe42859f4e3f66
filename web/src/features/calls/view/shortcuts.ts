export type CallCommand =
  | 'microphone'
  | 'camera'
  | 'deafen'
  | 'screen'
  | 'stats'
  | 'code'
  | 'hand'
  | 'picture'
  | 'resize'
  | 'back'
  | 'talk'

/** By physical key, so that they are the same in every layout. */
export const SHORTCUTS: Readonly<Record<string, CallCommand>> = {
  KeyM: 'microphone',
  KeyV: 'camera',
  KeyD: 'deafen',
  KeyS: 'screen',
  KeyI: 'stats',
  KeyH: 'hand',
  KeyP: 'picture',
  KeyF: 'resize',
  Escape: 'back',
  Space: 'talk',
}

export interface KeyPress {
  readonly code: string
  readonly ctrlKey: boolean
  readonly altKey: boolean
  readonly metaKey: boolean
}

/**
 * The action of a key in a call. None while somebody types; Escape belongs to an open menu. Space belongs to a focused button, unless
 * the person talks with it: then Enter presses the button.
 */
export function commandOf(
  press: KeyPress,
  on: 'text' | 'button' | 'menu' | 'page',
  pushToTalk = false,
): CallCommand | undefined {
  if (press.ctrlKey || press.altKey || press.metaKey || on === 'text' || on === 'menu') return undefined
  const command = SHORTCUTS[press.code]
  return command === 'talk' && on === 'button' && !pushToTalk ? undefined : command
}
