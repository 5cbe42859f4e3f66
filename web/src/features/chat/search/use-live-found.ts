import { onBeforeUnmount, type ShallowRef, watch } from 'vue'
import { decodedCommit } from '../../../net/decoded-commit.js'
import { connection } from '../../../net/index.js'
import { msOf } from '../../../sync/model/convert.js'
import type { ChatMessage } from '../../../sync/model/model.js'
import { LiveFound } from './live-found.js'

/** Keeps fetched messages of a side panel up to date: deleted ones leave the list at once, edited ones show their new text. */
export function useLiveFound<Item extends { readonly message: ChatMessage }>(
  found: ShallowRef<readonly Item[] | undefined>,
): void {
  const live = new LiveFound()
  let isApplying = false
  function apply(): void {
    if (isApplying || !found.value) return
    isApplying = true
    found.value = live.of(found.value)
    isApplying = false
  }
  // Also a response that was sent before an event.
  watch(found, apply, { flush: 'sync' })
  const stop = [
    connection.on('commit', (frame) => {
      const { events, time } = decodedCommit(frame)
      for (const event of events) live.take(event, msOf(time))
      apply()
    }),
    connection.on('userEvent', ({ event }) => {
      if (event.case !== 'messageHidden') return
      live.hidden(event.value.messageId)
      apply()
    }),
    connection.on('groupLeft', ({ groupId }) => {
      live.left(groupId)
      apply()
    }),
    connection.on('groupJoined', ({ head }) => live.joined(head?.groupId ?? '')),
  ]
  onBeforeUnmount(() => {
    for (const end of stop) end()
  })
}
