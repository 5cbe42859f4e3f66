import { defineStore } from 'pinia'
import { shallowReactive } from 'vue'
import type { ChatMessage } from '../sync/model/model.js'

/** What the next message of a line refers to: a reply, or an edit of an old message. */
export interface Composing {
  readonly replyTo: ChatMessage | undefined
  readonly editing: ChatMessage | undefined
}

const NOTHING: Composing = { replyTo: undefined, editing: undefined }

/** What is being composed in each line: a group's main line, or a thread. */
export const useComposing = defineStore('composing', () => {
  const lines = shallowReactive(new Map<string, Composing>())
  const keyOf = (groupId: string, threadId: string) => `${groupId} ${threadId}`

  return {
    of: (groupId: string, threadId: string): Composing => lines.get(keyOf(groupId, threadId)) ?? NOTHING,
    reply: (groupId: string, message: ChatMessage): void =>
      void lines.set(keyOf(groupId, message.threadId), { replyTo: message, editing: undefined }),
    edit: (groupId: string, message: ChatMessage): void =>
      void lines.set(keyOf(groupId, message.threadId), { replyTo: undefined, editing: message }),
    clear: (groupId: string, threadId: string): void => void lines.delete(keyOf(groupId, threadId)),
  }
})
