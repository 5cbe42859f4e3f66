type Outside = CustomEvent<{ readonly originalEvent: Event }>

/** For `interact-outside` of a dialog: pressing what lies above all dialogs (`Above`) does not close it. */
export function keepsOpen(event: Outside): void {
  const { target } = event.detail.originalEvent
  if (target instanceof Element && target.closest('[data-above]')) event.preventDefault()
}
