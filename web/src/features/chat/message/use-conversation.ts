import { type ComputedRef, computed, type InjectionKey, inject, provide } from 'vue'
import type { Conversation } from '../../../sync/model/model.js'

const CONVERSATION: InjectionKey<ComputedRef<Conversation>> = Symbol('conversation')

/**
 * The conversation of the messages below. Not a property of each of them: it changes with every event, and of a screen full
 * of messages most do not care.
 */
export function provideConversation(get: () => Conversation): void {
  provide(CONVERSATION, computed(get))
}

export function useConversation(): ComputedRef<Conversation> {
  const conversation = inject(CONVERSATION)
  if (!conversation) throw new Error('there is no conversation around this message')
  return conversation
}
