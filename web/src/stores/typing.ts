import { defineStore } from 'pinia'
import { shallowReactive } from 'vue'
import { connection } from '../net/index.js'

const SHOWN_MS = 6_000
const SENT_EVERY_MS = 3_000

/** Who is typing where. */
export const useTyping = defineStore('typing', () => {
  const writers = shallowReactive(new Map<string, readonly string[]>())
  const timers = new Map<string, ReturnType<typeof setTimeout>>()
  let lastSent = { groupId: '', at: 0 }

  function stopped(groupId: string, userId: string): void {
    clearTimeout(timers.get(`${groupId} ${userId}`))
    writers.set(
      groupId,
      (writers.get(groupId) ?? []).filter((other) => other !== userId),
    )
  }

  connection.on('typing', ({ groupId, userId }) => {
    stopped(groupId, userId)
    writers.set(groupId, [...(writers.get(groupId) ?? []), userId])
    timers.set(
      `${groupId} ${userId}`,
      setTimeout(() => stopped(groupId, userId), SHOWN_MS),
    )
  })

  /** Called at every key; sent to the server at intervals. */
  function typing(groupId: string): void {
    const now = Date.now()
    if (lastSent.groupId === groupId && now - lastSent.at < SENT_EVERY_MS) return
    lastSent = { groupId, at: now }
    connection.send({ case: 'typing', value: { groupId } })
  }

  const of = (groupId: string): readonly string[] => writers.get(groupId) ?? []
  return { of, typing, stopped }
})
