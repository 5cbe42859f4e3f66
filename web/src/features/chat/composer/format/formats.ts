import { nextTick } from 'vue'
import { write } from '../text-field.js'
import { continued, type Edit, isAddress, linked, type Mark, type Prefix, prefixed, toggled } from './format.js'

/** Letters by physical key: the same in a Cyrillic layout. Ctrl+K without a selection opens the palette, as everywhere. */
const KEYS: Readonly<Record<string, Mark | 'link'>> = { KeyB: 'bold', KeyI: 'italic', KeyE: 'code', KeyK: 'link' }

/** Formats what is written in a field: by keys, by the bar, by a pasted address. */
export function formatsOf(field: () => HTMLTextAreaElement | undefined) {
  async function apply(box: HTMLTextAreaElement, { changes, from, to }: Edit): Promise<void> {
    for (const { start, end, text } of changes) {
      if (text !== '' || start !== end) write(box, text, start, end)
      // Each change is told by itself: a name between two of them stays a mention.
      await nextTick()
    }
    box.setSelectionRange(from, to)
  }

  function run(what: Mark | Prefix | 'link'): void {
    const box = field()
    if (!box) return
    const { value, selectionStart: from, selectionEnd: to } = box
    const isPrefix = what === 'list' || what === 'numbers' || what === 'quote'
    if (what === 'link') void apply(box, linked(from, to))
    else void apply(box, isPrefix ? prefixed(value, from, to, what) : toggled(value, from, to, what))
  }

  /** Returns whether the key was one of these. */
  function onKey(event: KeyboardEvent, isNewLine: boolean): boolean {
    const box = field()
    if (!box || event.isComposing) return false
    const { value, selectionStart: from, selectionEnd: to } = box
    const what = KEYS[event.code]
    const isCommand = (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey
    if (isCommand && what && !(what === 'link' && from === to)) run(what)
    else if (event.key === 'Enter' && isNewLine && from === to) {
      const edit = continued(value, from)
      if (!edit) return false
      void apply(box, edit)
    } else return false
    event.preventDefault()
    return true
  }

  /** An address pasted onto selected words. Returns whether it was one. */
  function onPaste(event: ClipboardEvent): boolean {
    const box = field()
    const text = event.clipboardData?.getData('text/plain').trim() ?? ''
    if (!box || box.selectionStart === box.selectionEnd || !isAddress(text)) return false
    const selected = box.value.slice(box.selectionStart, box.selectionEnd)
    // One address is replaced by another; several lines are no words of a link.
    if (isAddress(selected) || selected.includes('\n')) return false
    event.preventDefault()
    void apply(box, linked(box.selectionStart, box.selectionEnd, text))
    return true
  }
  return { run, onKey, onPaste }
}
