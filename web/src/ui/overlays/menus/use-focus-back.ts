import { provide } from 'vue'
import { LEAVE_MENU } from './leave-menu.js'

/**
 * Where the focus goes when a menu closes: `focusBack` gives it to what opened the menu, before the chosen item does its work, so that what the
 * item opens may take it. Whoever went elsewhere has it there already.
 */
export function useFocusBack(focusBack: () => void) {
  let settled = false
  provide(LEAVE_MENU, () => {
    settled = true
    focusBack()
  })
  return {
    wentElsewhere: (): void => {
      settled = true
    },
    onClosed: (event: Event): void => {
      event.preventDefault()
      if (!settled) focusBack()
      settled = false
    },
  }
}
