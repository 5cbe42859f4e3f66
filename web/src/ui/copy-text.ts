/**
 * Puts a text on the clipboard. Over plain HTTP from another machine a browser grants no clipboard; the older way, by a selection, is left.
 * Errors: the browser's own, when it refuses both.
 */
export async function copyText(text: string): Promise<void> {
  const { clipboard } = navigator as { readonly clipboard?: Clipboard }
  if (clipboard) return clipboard.writeText(text)
  const field = document.createElement('textarea')
  field.value = text
  field.readOnly = true
  field.style.position = 'fixed'
  field.style.opacity = '0'
  // Within the open dialog, if there is one: it keeps the focus inside.
  const before = document.activeElement
  const place = before?.closest('[role=dialog], [role=menu]') ?? document.body
  place.append(field)
  field.select()
  const done = document.execCommand('copy')
  field.remove()
  if (before instanceof HTMLElement) before.focus({ preventScroll: true })
  if (!done) throw new DOMException('the browser grants no clipboard', 'NotAllowedError')
}
