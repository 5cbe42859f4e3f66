import { computed, onScopeDispose, type Ref, shallowReactive, watch } from 'vue'

const layers = shallowReactive(new Set<symbol>())

/**
 * A dialog covers the page. Everything else is hidden from screen readers by the dialog itself (reka-ui), except live regions and what
 * they are in, even a log whose `aria-live` is `off`: that one hides itself.
 */
export const modalOpen = computed(() => layers.size > 0)

/** Counts a dialog while it is open. Returns the attributes of its element. */
export function useModalLayer(open: Ref<boolean>): { readonly 'aria-modal': 'true' } {
  const layer = Symbol('dialog')
  watch(open, (now) => (now ? layers.add(layer) : layers.delete(layer)), { immediate: true })
  onScopeDispose(() => layers.delete(layer))
  return { 'aria-modal': 'true' }
}
