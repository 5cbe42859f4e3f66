import { computed, nextTick, onBeforeUnmount, type Ref, ref, watch } from 'vue'
import { useChat } from '../../../stores/chat.js'
import { usePanel } from '../../../stores/panel.js'
import type { Conversation } from '../../../sync/model/model.js'

/** Distance from an edge at which the next page is fetched, pixels. */
const NEAR = 600
/** A reader this close to the end sees it, pixels. */
const AT_END = 40
const FLASH_MS = 2_000

/**
 * Where the reader of a thread is. The list is laid out from its end (`flex-col-reverse`), so its distance from the end is the browser's own
 * `scrollTop`, and pages above move nothing; a page below is made up for.
 */
export function useThreadScroll(conversation: () => Conversation, scroller: Ref<HTMLElement | undefined>) {
  const [chat, panel] = [useChat(), usePanel()]
  const below = ref(0)
  const flashed = ref('')
  let flash: ReturnType<typeof setTimeout> | undefined
  const atEnd = computed(() => {
    const { messages = [], hasNewer = false } = conversation().thread ?? {}
    return messages.length > 0 && !hasNewer && below.value <= AT_END
  })

  async function moved(): Promise<void> {
    const list = scroller.value
    if (!list) return
    below.value = -list.scrollTop
    const above = list.scrollHeight - list.clientHeight - below.value
    const { id, hasOlder, hasNewer } = conversation().thread ?? {}
    if (above < NEAR && hasOlder) await chat.loadOlderThread(conversation().id)
    if (below.value >= NEAR || !hasNewer) return
    const before = list.scrollHeight
    await chat.loadNewerThread(conversation().id)
    await nextTick()
    if (conversation().thread?.id === id) list.scrollTop -= list.scrollHeight - before
  }

  /** False: the message is not among the loaded ones. */
  function show(messageId: string): boolean {
    const found = scroller.value?.querySelector(`[data-message="${CSS.escape(messageId)}"]`)
    if (!found) return false
    found.scrollIntoView({ block: 'center' })
    clearTimeout(flash)
    flashed.value = messageId
    flash = setTimeout(() => {
      flashed.value = ''
    }, FLASH_MS)
    return true
  }

  /** Shown as soon as it is there, once. */
  let shown: typeof panel.target
  watch(
    () => [panel.target, conversation().thread?.messages] as const,
    async ([target]) => {
      await nextTick()
      if (target && target !== shown && show(target.messageId)) shown = target
      void moved()
    },
    { immediate: true, flush: 'post' },
  )
  onBeforeUnmount(() => clearTimeout(flash))
  return { flashed, atEnd, show, moved }
}
