import { useDocumentVisibility, useWindowFocus } from '@vueuse/core'
import { computed, watch } from 'vue'
import { useRoute } from 'vue-router'
import { useChat } from '../../../stores/chat.js'
import { useMissedCalls } from './missed-store.js'

/** Looks for missed calls of conversations as they arrive, and takes those as seen that the person looks at. */
export function useMissedSeen(): void {
  const [chat, calls, route] = [useChat(), useMissedCalls(), useRoute()]
  const [focused, visibility] = [useWindowFocus(), useDocumentVisibility()]
  const opened = computed(() => {
    const isSeen = focused.value && visibility.value === 'visible'
    return isSeen ? chat.conversations.get(String(route.params.groupId ?? '')) : undefined
  })
  watch(
    () => chat.list.map(({ seqs }) => seqs.calls).join(),
    () => void calls.look(),
    { immediate: true },
  )
  watch(
    () => (opened.value && calls.of(opened.value).length > 0 ? opened.value.id : undefined),
    (groupId) => groupId && calls.see(groupId),
    { immediate: true },
  )
}
