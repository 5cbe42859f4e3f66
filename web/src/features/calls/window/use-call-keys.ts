import { useEventListener } from '@vueuse/core'
import { type CallCommand, commandOf } from '../view/shortcuts.js'

/**
 * Shortcuts of a call, while the focus is in its window or nowhere: the conversation behind a small window has its own. Holding
 * and releasing Space are separate actions.
 */
export function useCallKeys(
  inside: () => HTMLElement | undefined,
  /** A small window steps back no further: Escape belongs to the conversation. */
  small: () => boolean,
  pushToTalk: () => boolean,
  run: (command: Exclude<CallCommand, 'talk'>) => void,
  talk: (held: boolean) => void,
): void {
  let held = false
  const release = () => {
    if (held) talk(false)
    held = false
  }
  const pressed = (event: KeyboardEvent): void => {
    const command = commandOf(event, placeOf(event.target, inside()), pushToTalk())
    if (!command || (command === 'back' && small())) return
    // Captured before the conversation behind the window, which has the same shortcuts.
    event.preventDefault()
    event.stopPropagation()
    if (event.repeat) return
    if (command !== 'talk') run(command)
    else {
      held = true
      talk(true)
    }
  }
  useEventListener(window, 'keydown', pressed, { capture: true })
  const released = (event: KeyboardEvent): void => {
    if (event.code !== 'Space') return
    // Firefox presses a focused button when Space is released.
    if (held) event.preventDefault()
    release()
  }
  useEventListener(window, 'keyup', released, { capture: true })
  // A key released over another window sends no keyup here.
  useEventListener(window, 'blur', release)
}

function placeOf(target: EventTarget | null, inside: HTMLElement | undefined): Parameters<typeof commandOf>[1] {
  if (!(target instanceof HTMLElement) || target === document.body || target === inside) return 'page'
  if (!inside?.contains(target)) return 'menu'
  if (target.isContentEditable || target.closest('input, textarea, select')) return 'text'
  if (target.closest('[role="menu"], [role="slider"], [data-reka-popper-content-wrapper]')) return 'menu'
  return target.closest('button, a, [role="switch"], [tabindex="0"]') ? 'button' : 'page'
}
