import { NotificationLevel as Level } from '@beseda/proto/notify/v1/events'
import { effectiveLevel } from '@beseda/rules'
import { Bell, BellMinus, BellOff } from '@lucide/vue'
import { computed } from 'vue'
import { sinceText } from '../../i18n/formats.js'
import { useI18n } from '../../i18n/index.js'
import { useMinute } from '../../i18n/use-minute.js'
import { useNotifications } from '../../stores/notifications.js'
import type { Conversation } from '../../sync/model/model.js'
import { tellError } from '../../ui/feedback/tell-error.js'

const HOUR = 3_600_000
const PAUSES = [
  [1, 'notifications.forHour'],
  [8, 'notifications.forEightHours'],
  [24, 'notifications.forDay'],
  [7 * 24, 'notifications.forWeek'],
] as const

/** What this person hears of a conversation. */
export function useBell(conversation: () => Conversation) {
  const { t, locale } = useI18n()
  const store = useNotifications()
  const keep = (change: Promise<void>): void => void change.catch(tellError)
  const preference = computed(() => store.preferenceOf(conversation().id))
  const minute = useMinute()
  const muted = computed(() => preference.value.mutedUntil > Math.max(minute.value.getTime(), Date.now()))
  const level = computed({
    get: () => String(effectiveLevel(preference.value.level, conversation().kind)),
    set: (chosen) => keep(store.setLevel(conversation().id, Number(chosen) as Level)),
  })
  return {
    muted,
    level,
    options: computed(() => [
      { value: String(Level.ALL), text: t('notifications.all') },
      { value: String(Level.MENTIONS), text: t('notifications.mentions') },
      { value: String(Level.NOTHING), text: t('notifications.nothing') },
    ]),
    icon: computed(() => {
      if (muted.value || level.value === String(Level.NOTHING)) return BellOff
      return level.value === String(Level.MENTIONS) ? BellMinus : Bell
    }),
    until: computed(() =>
      t('notifications.mutedUntil', { time: sinceText(preference.value.mutedUntil, Date.now(), locale.value) }),
    ),
    mute: (hours: number) => keep(store.mute(conversation().id, hours === 0 ? 0 : Date.now() + hours * HOUR)),
    pauses: PAUSES,
  }
}
