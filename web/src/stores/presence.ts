import { Status } from '@beseda/proto/presence/v1/presence_service'
import { timestampMs } from '@bufbuild/protobuf/wkt'
import { useIdle } from '@vueuse/core'
import { defineStore } from 'pinia'
import { shallowReactive, watch } from 'vue'
import { connection } from '../net/index.js'

const IDLE_MS = 5 * 60_000

/** The presence of the people on the screen. */
export const usePresence = defineStore('presence', () => {
  const statuses = shallowReactive(new Map<string, Status>())
  /** Unix ms. */
  const lastSeen = shallowReactive(new Map<string, number>())
  let watched: readonly string[] = []
  const { idle } = useIdle(IDLE_MS)

  connection.on('presence', ({ userId, status, lastSeenAt }) => {
    statuses.set(userId, status)
    if (lastSeenAt) lastSeen.set(userId, timestampMs(lastSeenAt))
  })
  connection.on('ready', () => {
    connection.send({ case: 'watchPresence', value: { userIds: [...watched] } })
    if (idle.value) connection.send({ case: 'setIdle', value: { idle: true } })
  })
  watch(idle, (now) => connection.send({ case: 'setIdle', value: { idle: now } }))

  /** Replaces the set of people that the server reports. */
  function watchPeople(userIds: readonly string[]): void {
    watched = [...new Set(userIds)].slice(0, 1000)
    connection.send({ case: 'watchPresence', value: { userIds: [...watched] } })
  }
  const of = (userId: string): Status => statuses.get(userId) ?? Status.OFFLINE
  /** When an absent person was last online (Unix ms); undefined: unknown. */
  const lastSeenOf = (userId: string): number | undefined => lastSeen.get(userId)
  return { watchPeople, of, lastSeenOf }
})
