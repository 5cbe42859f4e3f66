import { defineStore } from 'pinia'
import { ref, shallowRef } from 'vue'
import type { ChatMessage } from '../../../sync/model/model.js'

/** Messages of the main line of one conversation that the person has chosen, to do something with all of them. */
export const useSelection = defineStore('selection', () => {
  /** Where messages are being chosen; empty: nowhere. */
  const groupId = ref('')
  /** By id, in the order of choosing. They stay chosen when they are scrolled out of what is loaded. */
  const chosen = shallowRef<ReadonlyMap<string, ChatMessage>>(new Map())

  function start(inGroup: string, message: ChatMessage): void {
    groupId.value = inGroup
    chosen.value = new Map([[message.id, message]])
  }
  function leave(): void {
    groupId.value = ''
    chosen.value = new Map()
  }
  return { groupId, chosen, start, leave }
})
