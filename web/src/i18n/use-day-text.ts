import { dayText } from './formats.js'
import { i18n } from './index.js'
import { useMinute } from './use-minute.js'

/** A day in words; renders again when the day changes. */
export function useDayText(): (at: number) => string {
  const now = useMinute()
  return (at) => dayText(at, now.value.getTime(), i18n.locale.value)
}
