import { useNow } from '@vueuse/core'
import { useI18n } from 'vue-i18n'

const DAY_MS = 86_400_000

/** A day as people say it: today, yesterday, else with its date. */
export function useDayText(): (at: number) => string {
  const { t, locale } = useI18n()
  const now = useNow({ interval: 60_000 })
  return (at) => {
    const day = new Date(at).toDateString()
    if (day === now.value.toDateString()) return t('chat.today')
    if (day === new Date(now.value.getTime() - DAY_MS).toDateString()) return t('chat.yesterday')
    const thisYear = new Date(at).getFullYear() === now.value.getFullYear()
    return new Date(at).toLocaleDateString(locale.value, {
      weekday: 'long',
      day: 'numeric',
      month: 'long',
      ...(thisYear ? {} : { year: 'numeric' }),
    })
  }
}
