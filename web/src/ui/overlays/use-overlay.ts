import { type ComponentPublicInstance, nextTick, type Ref, readonly, ref, shallowRef, watch } from 'vue'
import { i18n } from '../../i18n/index.js'
import { toast } from '../feedback/toasts.js'

type Parts = typeof import('./overlay-parts.js')

const loaded = shallowRef<Parts>()

/** Resolves when menus and cards can be shown. */
export async function loadOverlays(): Promise<void> {
  loaded.value ??= await import('./overlay-parts.js')
}

/** The loaded components; only open overlays need them. */
export function overlayParts(): Parts {
  if (!loaded.value) throw new Error('an overlay is open before its parts are loaded')
  return loaded.value
}

/** Repeats the click on the real button: with keyboard details if the keyboard made it, so that the first item takes the focus. */
function again(event: Event, popup: 'menu' | 'dialog'): Event {
  const byKey = event instanceof KeyboardEvent || (event as MouseEvent).detail === 0
  const key = event instanceof KeyboardEvent ? event.key : 'Enter'
  return byKey && popup === 'menu'
    ? new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true })
    : new MouseEvent('click', { bubbles: true, cancelable: true, detail: 1 })
}

/**
 * A button whose menu or card is built at the first click: a screen has a hundred of them, and most are never opened. Until then
 * the button announces what it opens; the click is repeated on the real one. `load`: fetches what is inside.
 */
export function useOverlay(open: Ref<boolean>, popup: 'menu' | 'dialog', load?: () => Promise<unknown>) {
  const built = ref(false)
  const trigger = ref<ComponentPublicInstance>()

  async function build(event?: Event): Promise<void> {
    event?.preventDefault()
    event?.stopPropagation()
    try {
      await Promise.all([loadOverlays(), load?.()])
    } catch {
      // The next click fetches again.
      toast(i18n.t('errors.UNAVAILABLE'), { tone: 'danger' })
      return
    }
    built.value = true
    await nextTick()
    const button: unknown = trigger.value?.$el
    if (event && button instanceof HTMLElement) button.dispatchEvent(again(event, popup))
  }

  function onKey(event: KeyboardEvent): void {
    if (popup === 'menu' && event.key === 'ArrowDown') void build(event)
  }

  watch(open, (wanted) => wanted && !built.value && void build(), { immediate: true })
  return {
    built: readonly(built),
    trigger,
    unbuilt: { 'aria-haspopup': popup, 'aria-expanded': false, onClick: build, onKeydown: onKey },
  }
}
