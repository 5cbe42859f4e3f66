import { useEventListener } from '@vueuse/core'
import { type Ref, watch } from 'vue'

/**
 * The back button closes what covers the window, and leads nowhere else. An entry of the history is there for it while it is open; the router
 * does not hear of it. Returns how to keep the entry, for a page that is opened in its place.
 */
export function useBackCloses(open: Ref<boolean>): { readonly leave: () => void } {
  let isThere = false
  let isMine = false
  watch(open, (now) => {
    if (now && !isThere) {
      history.pushState(history.state, '')
      isThere = true
    }
    if (!now && isThere) {
      isThere = false
      isMine = true
      history.back()
    }
  })
  useEventListener(
    window,
    'popstate',
    (event: PopStateEvent) => {
      if (!isThere && !isMine) return
      event.stopImmediatePropagation()
      isThere = isMine = false
      open.value = false
    },
    { capture: true },
  )
  const leave = (): void => {
    isThere = false
  }
  return { leave }
}
