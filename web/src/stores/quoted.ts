import { defineStore } from 'pinia'
import { shallowReactive } from 'vue'
import { handled } from '../diagnostics/log.js'
import { decodedCommit } from '../net/decoded-commit.js'
import { isUnreachable } from '../net/errors.js'
import { connection, groups } from '../net/index.js'
import { chatMessage } from '../sync/model/convert.js'
import type { ChatMessage } from '../sync/model/model.js'
import { Overtaken } from '../sync/overtaken.js'

/** A message outside of what a conversation shows; `message` undefined: it is not there, or not for this person. */
export interface Quoted {
  readonly message: ChatMessage | undefined
}

/** Messages that others refer to and that are not loaded: quoted ones, and those that began a thread. Fetched when first needed. */
export const useQuoted = defineStore('quoted', () => {
  const known = shallowReactive(new Map<string, Quoted>())
  const asked = new Set<string>()
  const overtaken = new Overtaken<string>()
  const keyOf = (groupId: string, messageId: string) => `${groupId} ${messageId}`

  async function fetch(groupId: string, messageId: string): Promise<void> {
    const key = keyOf(groupId, messageId)
    const isOld = overtaken.asked()
    try {
      const { message } = await groups.getMessage({ groupId, messageId })
      // Edited or deleted while the answer was on its way.
      if (isOld(key)) return await fetch(groupId, messageId)
      known.set(key, { message: message && !message.deleted ? chatMessage(message) : undefined })
    } catch (error) {
      if (!isUnreachable(error)) known.set(key, { message: undefined })
      else {
        // Requested again when next needed.
        handled('quoted')(error)
        asked.delete(key)
      }
    }
  }

  connection.on('commit', (frame) => {
    if (asked.size === 0) return
    for (const { body } of decodedCommit(frame).events) {
      if (body.case !== 'messageEdited' && body.case !== 'messageDeleted') continue
      const key = keyOf(frame.groupId, body.value.messageId)
      if (asked.has(key)) overtaken.changed(key)
      const { message } = known.get(key) ?? {}
      if (!message) continue
      const { text, mentions } = body.case === 'messageEdited' ? body.value : message
      known.set(key, { message: body.case === 'messageDeleted' ? undefined : { ...message, text, mentions } })
    }
  })
  connection.on('userEvent', ({ event }) => {
    if (event.case !== 'messageHidden') return
    const key = keyOf(event.value.groupId, event.value.messageId)
    if (asked.has(key)) overtaken.changed(key)
    if (known.has(key)) known.set(key, { message: undefined })
  })
  // Changes were missed.
  connection.on('snapshotRequired', () => {
    known.clear()
    asked.clear()
  })

  /** Undefined until it is known. */
  function of(groupId: string, messageId: string): Quoted | undefined {
    const key = keyOf(groupId, messageId)
    if (messageId !== '' && !asked.has(key)) {
      asked.add(key)
      void fetch(groupId, messageId)
    }
    return known.get(key)
  }

  return { of }
})
