import { Status } from '@beseda/proto/presence/v1/presence_service'
import { timestampMs } from '@bufbuild/protobuf/wkt'
import { useIdle } from '@vueuse/core'
import { defineStore } from 'pinia'
import { computed, ref, shallowReactive, watch } from 'vue'
import { connection } from '../net/index.js'
import { useAccount } from './account.js'
import { useDirectory } from './directory.js'

const IDLE_MS = 5 * 60_000

/** Parts of the screen that show people, the most important first: of more than the server allows, the last are left out. */
const PARTS = ['list', 'conversation', 'members'] as const
type Part = (typeof PARTS)[number]
/** As in WatchPresence. */
const MOST = 1_000

/** The presence of the people on the screen. Their profiles are kept up to date, too: names, status texts, pictures. */
export const usePresence = defineStore('presence', () => {
  const statuses = shallowReactive(new Map<string, Status>())
  /** Unix ms. */
  const lastSeen = shallowReactive(new Map<string, number>())
  const shown = new Map<Part, readonly string[]>()
  let watched: readonly string[] = []
  /** Takes part in a call, which needs neither mouse nor keyboard. */
  const talking = ref(false)
  const { idle: untouched } = useIdle(IDLE_MS)
  const idle = computed(() => untouched.value && !talking.value)

  connection.on('presence', ({ userId, status, lastSeenAt }) => {
    statuses.set(userId, status)
    if (lastSeenAt) lastSeen.set(userId, timestampMs(lastSeenAt))
  })
  connection.on('profileChanged', ({ user }) => {
    if (!user) return
    useDirectory().changed(user)
    useAccount().see(user)
  })
  connection.on('ready', () => {
    // What was changed meanwhile was told to nobody here.
    useDirectory().renew(watched)
    connection.send({ case: 'watchPresence', value: { userIds: [...watched] } })
    if (idle.value) connection.send({ case: 'setIdle', value: { idle: true } })
  })
  watch(idle, (now) => connection.send({ case: 'setIdle', value: { idle: now } }))

  /** Replaces the people that a part of the screen shows. */
  function watchPeople(part: Part, userIds: readonly string[]): void {
    shown.set(part, userIds)
    const all = new Set(PARTS.flatMap((one) => shown.get(one) ?? []).filter((id) => id !== ''))
    const now = [...all].slice(0, MOST)
    if (now.length === watched.length && now.every((id) => watched.includes(id))) return
    watched = now
    connection.send({ case: 'watchPresence', value: { userIds: [...watched] } })
  }
  const of = (userId: string): Status => statuses.get(userId) ?? Status.OFFLINE
  /** When an absent person was last online (Unix ms); undefined: unknown. */
  const lastSeenOf = (userId: string): number | undefined => lastSeen.get(userId)
  return { watchPeople, of, lastSeenOf, talking }
})
