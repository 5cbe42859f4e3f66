import { type Timestamp, timestampMs } from '@bufbuild/protobuf/wkt'
import { dateText, momentText } from '../../i18n/formats.js'
import { useI18n } from '../../i18n/index.js'

/** Formats times for this page; empty when there is no time. */
export function useTimes() {
  const { locale, n } = useI18n()
  return {
    dateText: (at: Timestamp | undefined) => (at ? dateText(timestampMs(at), locale.value) : ''),
    timeText: (at: Timestamp | undefined) => (at ? momentText(timestampMs(at), locale.value) : ''),
    numberText: (value: number | bigint) => n(Number(value)),
  }
}
