import { defineStore } from 'pinia'
import { shallowReactive } from 'vue'
import type { ChatMessage } from '../sync/model/model.js'

/** Ids of messages that are about to be deleted (`deleting.ts`): they are hidden here, and everybody else still has them. */
export const useHiddenMessages = defineStore('hidden-messages', () => {
  const ids = shallowReactive(new Set<string>())
  /** What is shown of these: one that is deleted by now is shown as such, where it is the head of a thread. */
  const shown = (messages: readonly ChatMessage[]): readonly ChatMessage[] =>
    ids.size === 0 ? messages : messages.filter(({ id, deleted }) => deleted || !ids.has(id))
  return { ids, shown }
})
