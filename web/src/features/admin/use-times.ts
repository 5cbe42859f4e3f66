import { type Timestamp, timestampDate } from '@bufbuild/protobuf/wkt'
import { useI18n } from 'vue-i18n'

/** Times as this page writes them; empty when there is none. */
export function useTimes() {
  const { locale } = useI18n()
  const text = (at: Timestamp | undefined, options: Intl.DateTimeFormatOptions) =>
    at ? timestampDate(at).toLocaleString(locale.value, options) : ''
  return {
    dateText: (at: Timestamp | undefined) => text(at, { dateStyle: 'medium' }),
    timeText: (at: Timestamp | undefined) => text(at, { dateStyle: 'medium', timeStyle: 'short' }),
    numberText: (value: number | bigint) => value.toLocaleString(locale.value),
  }
}
