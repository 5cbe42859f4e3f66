import { readonly, ref } from 'vue'

const taken = ref('')

/**
 * The message whose actions are shown: where the pointer moved or the focus came last. The pointer may rest over one message and the focus
 * be in another.
 */
export const actionsOf = readonly(taken)

export function takeActions(messageId: string): void {
  taken.value = messageId
}
