/**
 * Keys that an input method takes for itself are nobody else's: Enter that confirms a word neither sends nor chooses, Escape that drops
 * it closes no dialog. Safari tells of the end of a word before the key that ended it, which has the code 229 then. Called before anything listens for
 * keys; an event that is stopped here reaches no other listener, and the browser still does what it does by itself.
 */
export function keepKeysOfInputMethods(target: EventTarget = window): void {
  const keep = (event: Event) => {
    // The only sign of it in Safari, and on keyboards of Android.
    if (event instanceof KeyboardEvent && (event.isComposing || event.keyCode === 229)) event.stopImmediatePropagation()
  }
  for (const type of ['keydown', 'keyup', 'keypress']) target.addEventListener(type, keep, { capture: true })
}
