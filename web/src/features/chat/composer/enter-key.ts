/** Keys that no keyboard on a screen sends. */
const HARDWARE = /^(?:Shift|Control|Alt|Meta|Tab|Escape|Arrow\w+|F\d+|Home|End|PageUp|PageDown)$/

/**
 * What Enter does in a text field. On a phone or a tablet the keyboard on the screen has no other key for a new line, and the button sends.
 * Where a keyboard is attached, which its other keys tell, Enter sends.
 */
export class EnterKey {
  #hasKeyboard: boolean

  constructor(touchOnly = matchMedia('(pointer: coarse)').matches && !matchMedia('(any-pointer: fine)').matches) {
    this.#hasKeyboard = !touchOnly
  }

  get sends(): boolean {
    return this.#hasKeyboard
  }

  /** Whether this key sends the message. */
  isSend(event: Pick<KeyboardEvent, 'key' | 'shiftKey' | 'ctrlKey' | 'metaKey'>): boolean {
    if (HARDWARE.test(event.key)) this.#hasKeyboard = true
    if (event.key !== 'Enter' || event.shiftKey) return false
    return this.#hasKeyboard || event.ctrlKey || event.metaKey
  }
}
