import type { CallReminded } from '@beseda/proto/notify/v1/notify_service'
import { isolated } from '@beseda/rules'
import { timestampMs } from '@bufbuild/protobuf/wkt'
import type { Router } from 'vue-router'
import { locks } from '../../../browser.js'
import { handled } from '../../../diagnostics/log.js'
import { i18n, seldomWords } from '../../../i18n/index.js'
import { useChat } from '../../../stores/chat.js'
import { useNotifications } from '../../../stores/notifications.js'
import { toast } from '../../../ui/feedback/toasts.js'
import { playNotice } from '../../notifications/sound.js'

/** It stays until the call begins, and at least this long: whoever comes back to the page within that time sees it. */
const LEAST_MS = 60_000

/** How long one window holds the lock: by then the others have been told, too, and have not rung. */
const ONE_WINDOW_MS = 2_000

/** The server says that a scheduled call begins soon. A repeat takes the place of the first. */
export function remind(router: Router, reminded: CallReminded): void {
  const { groupId, scheduleId } = reminded
  const startsAt = reminded.startsAt ? timestampMs(reminded.startsAt) : 0
  const name = `${scheduleId}.${startsAt}`
  const preferences = useNotifications()
  if (preferences.sound) void ring(name)
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

/** In one window of the browser: the others find the lock taken. */
async function ring(name: string): Promise<void> {
  if (!locks) return playNotice()
  await locks.request(`beseda.remind.${name}`, { ifAvailable: true }, async (lock) => {
    if (!lock) return
    playNotice()
    await new Promise((resolve) => setTimeout(resolve, ONE_WINDOW_MS))
  })
}
