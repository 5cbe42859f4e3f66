import { type ComputedRef, computed, type InjectionKey, inject, provide } from 'vue'
import type { Conversation } from '../../../sync/model/model.js'

const CONVERSATION: InjectionKey<ComputedRef<Conversation>> = Symbol('conversation')

/**
 * The conversation of the messages below. Injected rather than a prop of each message: it changes with every event, and
 * most messages on the screen do not depend on it.
 */
export function provideConversation(get: () => Conversation): void {
  provide(CONVERSATION, computed(get))
}

export function useConversation(): ComputedRef<Conversation> {
  const conversation = inject(CONVERSATION)
  if (!conversation) throw new Error('no conversation is provided to this message')
  return conversation
}
