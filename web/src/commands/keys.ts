/** Key bindings as text: `Mod+K`, `Alt+Shift+ArrowUp`, `F6`, `?`. Pure. */

/** The used fields of a KeyboardEvent. */
export interface Press {
  readonly key: string
  readonly code: string
  readonly ctrlKey: boolean
  readonly metaKey: boolean
  readonly altKey: boolean
  readonly shiftKey: boolean
}

interface Binding {
  readonly key: string
  readonly mod: boolean
  readonly alt: boolean
  readonly shift: boolean
}

export function parseBinding(text: string): Binding {
  const parts = text.split('+')
  const key = parts.pop() ?? ''
  return { key, mod: parts.includes('Mod'), alt: parts.includes('Alt'), shift: parts.includes('Shift') }
}

/**
 * Whether an event matches a binding. Letters and digits are compared by physical key, so that `Mod+K` also works in a
 * Russian layout; symbols such as `?` by the character they type, whatever keys that takes.
 */
export function isPress(text: string, press: Press, mac: boolean): boolean {
  const { key, mod, alt, shift } = parseBinding(text)
  const [wantedMod, otherMod] = mac ? [press.metaKey, press.ctrlKey] : [press.ctrlKey, press.metaKey]
  if (wantedMod !== mod || otherMod || press.altKey !== alt) return false
  if (isSign(key)) return press.key === key || (mod && press.code === SIGN_CODES[key])
  if (press.shiftKey !== shift) return false
  return /^[A-Z]$/.test(key) ? press.code === `Key${key}` : press.key === key
}

const SIGN_CODES: Readonly<Record<string, string>> = { '/': 'Slash', ',': 'Comma' }
const isSign = (key: string) => /^[^\p{L}\p{N}]$/u.test(key)

/** True of a binding that would type a character: it must not be taken from somebody who is typing. */
export function writes(text: string): boolean {
  const { key, mod, alt } = parseBinding(text)
  return !mod && !alt && [...key].length === 1
}

const NAMES: Readonly<Record<string, string>> = {
  ArrowUp: '↑',
  ArrowDown: '↓',
  ArrowLeft: '←',
  ArrowRight: '→',
  Escape: 'Esc',
  Enter: 'Enter',
  Space: '␣',
}
const MAC_NAMES: Readonly<Record<string, string>> = { Mod: '⌘', Alt: '⌥', Shift: '⇧' }

/** As shown: `Ctrl+K`, on a Mac `⌘+K`. */
export function keysText(text: string, mac: boolean): string {
  const nameOf = (part: string) => (mac ? MAC_NAMES[part] : part === 'Mod' ? 'Ctrl' : undefined) ?? NAMES[part] ?? part
  return text.split('+').map(nameOf).join('+')
}

/** True on systems whose command key is Cmd. */
export const isMac = (platform = globalThis.navigator?.platform ?? ''): boolean => /^(Mac|iP)/.test(platform)
