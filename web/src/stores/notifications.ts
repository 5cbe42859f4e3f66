import { newId } from '@beseda/kernel'
import type { CallReminder, NotificationLevel } from '@beseda/proto/notify/v1/events'
import type { NotificationSettings } from '@beseda/proto/notify/v1/notify_service'
import { Status } from '@beseda/proto/presence/v1/presence_service'
import { type DailyHours, DEFAULT_PREFERENCE, type GroupPreference } from '@beseda/rules'
import { timestampFromMs, timestampMs } from '@bufbuild/protobuf/wkt'
import { useStorage } from '@vueuse/core'
import { defineStore } from 'pinia'
import { computed, shallowRef } from 'vue'
import { connection, notify, presence } from '../net/index.js'
import { Newest } from '../sync/newest.js'

/** The notification preferences of this person on all devices, and the push state of this device. */
export const useNotifications = defineStore('notifications', () => {
  const settings = shallowRef<NotificationSettings>()
  /** `applicationServerKey` of the installation. */
  const pushKey = shallowRef<Uint8Array<ArrayBuffer>>()
  /** SHA-256 of the endpoint that the server has for this device; empty: none. */
  const endpointHash = shallowRef<Uint8Array>()
  const sound = useStorage('beseda.notify.sound', true)
  /** The status that the person has chosen; UNSPECIFIED: none, they are online or away. */
  const status = shallowRef(Status.UNSPECIFIED)
  const doNotDisturb = computed(() => status.value === Status.DO_NOT_DISTURB)
  const inPage = useStorage('beseda.notify.inPage', true)

  const preferences = computed(
    () =>
      new Map(
        (settings.value?.groups ?? []).map(({ groupId, level, mutedUntil }): [string, GroupPreference] => [
          groupId,
          { level, mutedUntil: mutedUntil ? timestampMs(mutedUntil) : 0 },
        ]),
      ),
  )
  const quietHours = computed<DailyHours | undefined>(() => settings.value?.quietHours)
  const preferenceOf = (groupId: string): GroupPreference => preferences.value.get(groupId) ?? DEFAULT_PREFERENCE

  const newest = new Newest(
    async () => {
      const answer = await notify.getNotificationSettings({})
      pushKey.value = new Uint8Array(answer.pushKey)
      endpointHash.value = answer.endpointHash
      return answer.settings
    },
    (value: NotificationSettings | undefined) => {
      settings.value = value
    },
  )
  connection.on('userEvent', ({ event }) => {
    if (event.case === 'notificationSettings') newest.changed(event.value)
  })

  async function loadStatus(userId: string): Promise<void> {
    const { presences } = await presence.getPresence({ userIds: [userId] })
    status.value = presences[0]?.chosen ?? Status.UNSPECIFIED
  }
  async function setStatus(chosen: Status): Promise<void> {
    await presence.setStatus({ status: chosen })
    status.value = chosen
  }

  async function setGroup(groupId: string, { level, mutedUntil }: GroupPreference): Promise<void> {
    const until = mutedUntil > 0 ? { mutedUntil: timestampFromMs(mutedUntil) } : {}
    const request = { commandId: newId(), groupId, level, ...until }
    await newest.command(
      () => notify.setGroupNotifications(request),
      (answer) => answer.settings,
    )
  }
  const setLevel = (groupId: string, level: NotificationLevel) => setGroup(groupId, { ...preferenceOf(groupId), level })
  const mute = (groupId: string, mutedUntil: number) => setGroup(groupId, { ...preferenceOf(groupId), mutedUntil })

  async function change(hours: DailyHours, hideContent: boolean, callReminder: CallReminder): Promise<void> {
    const request = { commandId: newId(), quietHours: hours, hideContent, callReminder }
    await newest.command(
      () => notify.updateNotificationSettings(request),
      (answer) => answer.settings,
    )
  }

  return {
    settings,
    pushKey,
    endpointHash,
    sound,
    inPage,
    doNotDisturb,
    quietHours,
    preferenceOf,
    load: () => newest.load(),
    status,
    setStatus,
    loadStatus,
    setLevel,
    mute,
    change,
  }
})
