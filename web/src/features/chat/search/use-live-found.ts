import { onBeforeUnmount, type ShallowRef } from 'vue'
import { decodedCommit } from '../../../net/decoded-commit.js'
import { connection } from '../../../net/index.js'
import type { ChatMessage } from '../../../sync/model/model.js'

/** Keeps fetched messages of a side panel up to date: deleted ones leave the list at once, edited ones show their new text. */
export function useLiveFound<Item extends { readonly message: ChatMessage }>(
  found: ShallowRef<readonly Item[] | undefined>,
): void {
  const without = (messageId: string) => {
    found.value = found.value?.filter(({ message }) => message.id !== messageId)
  }
  const stop = [
    connection.on('commit', (frame) => {
      for (const { body } of decodedCommit(frame).events) {
        if (body.case === 'messageDeleted') without(body.value.messageId)
        if (body.case !== 'messageEdited') continue
        const { messageId, text, mentions } = body.value
        found.value = found.value?.map((one) =>
          one.message.id === messageId ? { ...one, message: { ...one.message, text, mentions } } : one,
        )
      }
    }),
    connection.on('userEvent', ({ event }) => {
      if (event.case === 'messageHidden') without(event.value.messageId)
    }),
    connection.on('groupLeft', ({ groupId }) => {
      found.value = found.value?.filter((one) => !('groupId' in one) || one.groupId !== groupId)
    }),
  ]
  onBeforeUnmount(() => {
    for (const end of stop) end()
  })
}
