import { type Ref, shallowRef } from 'vue'
import type { MenuPoint } from '../../../ui/overlays/menus/menu-point.js'
import { useContextMenu } from '../../../ui/overlays/menus/use-context-menu.js'
import type { PressedPicture } from './picture-actions.js'

/** Where the menu of a message is open, and what of the message was pressed. */
export interface Pressed {
  readonly messageId: string
  readonly at: MenuPoint | undefined
  /** The address of the link. */
  readonly link: string | undefined
  readonly picture: PressedPicture | undefined
}

/** The menu of the messages in `area`: by a right click, Shift+F10 or a long press. */
export function usePressed(area: Readonly<Ref<HTMLElement | null | undefined>>) {
  const pressed = shallowRef<Pressed>()
  useContextMenu(
    area,
    (target) => target.closest<HTMLElement>('article[data-message]'),
    (at, target) => {
      const { picture: fileId, name = '' } = target.closest<HTMLElement>('[data-picture]')?.dataset ?? {}
      const picture = fileId === undefined ? undefined : { fileId, name }
      const link = target.closest<HTMLAnchorElement>('a[href]')?.href
      pressed.value = { messageId: at.from.dataset.message ?? '', at, link, picture }
    },
  )
  /** The menu is closed; what it has opened stays. */
  function release(): void {
    if (pressed.value) pressed.value = { ...pressed.value, at: undefined }
  }
  return { pressed, release }
}
