import { useEventListener } from '@vueuse/core'
import { getCurrentScope, type Ref } from 'vue'
import { handled } from '../../../diagnostics/log.js'
import type { MenuPoint } from './menu-point.js'

/**
 * Opens a menu at what is in `area`: by a right click, Shift+F10, or a long press. `elementOf`: the element that a menu is of, for what was
 * pressed inside it; undefined: it has none. What does this is fetched when the pointer or the focus first comes to the area.
 */
export function useContextMenu(
  area: Readonly<Ref<HTMLElement | null | undefined>>,
  elementOf: (target: Element) => HTMLElement | null | undefined,
  open: (point: MenuPoint, target: Element) => void,
): void {
  const scope = getCurrentScope()
  let asked = false
  useEventListener(area, ['pointerover', 'focusin'], async () => {
    if (asked) return
    asked = true
    const presses = await import('./presses.js').catch(handled('presses.code'))
    if (presses && scope?.active) scope.run(() => presses.watchPresses(area, elementOf, open))
    else asked = false
  })
}
