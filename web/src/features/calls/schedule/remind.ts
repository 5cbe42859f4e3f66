import type { CallReminded } from '@beseda/proto/notify/v1/notify_service'
import { isolated } from '@beseda/rules'
import { timestampMs } from '@bufbuild/protobuf/wkt'
import type { Router } from 'vue-router'
import { handled } from '../../../diagnostics/log.js'
import { i18n, seldomWords } from '../../../i18n/index.js'
import { useChat } from '../../../stores/chat.js'
import { useNotifications } from '../../../stores/notifications.js'
import { toast } from '../../../ui/feedback/toasts.js'
import { inOneWindow } from '../../notifications/in-one-window.js'

/** It stays until the call begins, and at least this long: whoever comes back to the page within that time sees it. */
const LEAST_MS = 60_000

/** The server says that a scheduled call begins soon. A repeat takes the place of the first. */
export function remind(router: Router, reminded: CallReminded): void {
  const { groupId, scheduleId } = reminded
  const startsAt = reminded.startsAt ? timestampMs(reminded.startsAt) : 0
  const name = `${scheduleId}.${startsAt}`
  const preferences = useNotifications()
  if (preferences.sound) {
    void inOneWindow(name, () => {
      void import('../../notifications/sound.js').then(({ playNotice }) => playNotice(), handled('notifications.sound'))
    })
  }
  if (!preferences.inPage) return
  void seldomWords().then(() => {
    const time = new Date(startsAt).toLocaleTimeString(i18n.locale.value, { hour: 'numeric', minute: '2-digit' })
    const run = () => void router.push(`/g/${groupId}/call/${scheduleId}`)
    toast(i18n.t('schedule.begins', { time }), {
      title: [reminded.title, useChat().conversations.get(groupId)?.name ?? '']
        .filter(Boolean)
        .map(isolated)
        .join(' · '),
      action: { text: i18n.t('schedule.open'), run },
      about: name,
      ms: Math.max(LEAST_MS, startsAt - Date.now()),
    })
  }, handled('calls.reminder'))
}
