/**
 * Writes into a text field as if it were typed: in place of the selection, with the caret behind it at once, so that the next key
 * goes where it should, and so that it can be undone.
 */
export function write(field: HTMLTextAreaElement, text: string, start: number, end: number): void {
  field.focus()
  field.setSelectionRange(start, end)
  // The only way to write that a browser can undo; it tells of the change itself.
  if (document.execCommand('insertText', false, text) && field.value.slice(start, start + text.length) === text) return
  field.setRangeText(text, start, end, 'end')
  field.dispatchEvent(new InputEvent('input', { bubbles: true }))
}

/** In place of the selection, also when the field has lost the focus to a picker. */
export const writeAtCaret = (field: HTMLTextAreaElement, text: string): void =>
  write(field, text, field.selectionStart, field.selectionEnd)
