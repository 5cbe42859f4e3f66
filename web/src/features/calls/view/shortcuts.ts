export type CallCommand =
  | 'microphone'
  | 'camera'
  | 'deafen'
  | 'screen'
  | 'stats'
  | 'picture'
  | 'resize'
  | 'back'
  | 'talk'

/** By place on the keyboard, so that they are the same under every layout. */
export const SHORTCUTS: Readonly<Record<string, CallCommand>> = {
  KeyM: 'microphone',
  KeyV: 'camera',
  KeyD: 'deafen',
  KeyS: 'screen',
  KeyI: 'stats',
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
 * What a key asks of a call. Nothing while something is being written; Space belongs to a button that has the focus, and so does
 * Escape to an open menu.
 */
export function commandOf(press: KeyPress, on: 'text' | 'button' | 'menu' | 'page'): CallCommand | undefined {
  if (press.ctrlKey || press.altKey || press.metaKey || on === 'text' || on === 'menu') return undefined
  const command = SHORTCUTS[press.code]
  return command === 'talk' && on === 'button' ? undefined : command
}
