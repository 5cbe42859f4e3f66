import { useEventListener } from '@vueuse/core'
import { isMac, isPress, type Press, writes } from './keys.js'
import { availableCommands, type Command } from './registry.js'

const TEXT = 'input:not([type="checkbox"], [type="radio"], [type="button"], [type="range"]), textarea, select'
const isTyping = (target: EventTarget | null) =>
  target instanceof Element && (target.matches(TEXT) || target.closest('[contenteditable="true"]') !== null)

/** True while a dialog, a menu or a card is open: those handle the keys themselves. */
export const isLayerOpen = (): boolean => document.querySelector('[data-dismissable-layer]') !== null

/** The command for a key event: the one that was added last. Exported for its test. */
export function commandOf(
  commands: readonly Command[],
  press: Press,
  where: { readonly typing: boolean; readonly layer: boolean; readonly mac: boolean },
): Command | undefined {
  return commands.findLast(
    ({ keys = [], overDialogs = false }) =>
      (!where.layer || overDialogs) &&
      keys.some((binding) => isPress(binding, press, where.mac) && !(where.typing && writes(binding))),
  )
}

/** Makes the keys of all commands work. Used once in the page. */
export function useKeyBindings(): void {
  const mac = isMac()
  useEventListener(document, 'keydown', (event) => {
    if (event.defaultPrevented || event.isComposing || event.repeat) return
    const where = { typing: isTyping(event.target), layer: isLayerOpen(), mac }
    const command = commandOf(availableCommands(), event, where)
    if (!command) return
    event.preventDefault()
    command.run?.()
  })
}
