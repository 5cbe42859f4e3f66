import { useMediaQuery, useStorage } from '@vueuse/core'
import { defineStore } from 'pinia'
import { computed, readonly, ref, shallowRef } from 'vue'

export type PanelName = 'members' | 'pins' | 'search' | 'thread' | 'info'

/** The panel beside the conversation. On a wide screen, the members by default, unless they were closed. */
export const usePanel = defineStore('panel', () => {
  const wide = useMediaQuery('(min-width: 1024px)')
  const membersWide = useStorage('beseda.members', true)
  const chosen = ref<PanelName>()
  /** The message at which a thread is to be shown; a new object for each jump. */
  const target = shallowRef<{ readonly messageId: string }>()
  /** Offset of the panel from its place while it is dragged, in px. */
  const drag = ref<number>()
  const current = computed<PanelName | undefined>(
    () => chosen.value ?? (wide.value && membersWide.value ? 'members' : undefined),
  )

  function open(name: PanelName): void {
    chosen.value = name
    if (name === 'members' && wide.value) membersWide.value = true
  }

  function close(): void {
    if (current.value === 'members' && wide.value) membersWide.value = false
    chosen.value = undefined
  }

  const toggle = (name: PanelName): void => (current.value === name ? close() : open(name))
  function openThread(messageId: string): void {
    open('thread')
    target.value = messageId === '' ? undefined : { messageId }
  }

  return { current, chosen: readonly(chosen), drag, target, open, openThread, close, toggle }
})
