/**
 * After a menu that was opened with the mouse, the focus returns to the call, so that Space talks; after one that was opened with a key,
 * to its button.
 */
export function useMenuFocus() {
  let byMouse = false
  return {
    /** For the button. */
    opens: (event: MouseEvent): void => {
      byMouse = event.detail > 0
    },
    /** For `close-auto-focus` of the menu. */
    closes: (event: Event): void => {
      if (byMouse) event.preventDefault()
    },
  }
}
