import type { Notice } from '@beseda/proto/membership/v1/membership_service'
import { momentText } from '../../i18n/formats.js'
import { i18n } from '../../i18n/index.js'
import { useDirectory } from '../../stores/directory.js'
import { noticeSentences } from './notice-text.js'

/** Puts notices into words. */
export function useNoticeText(): (notice: Notice) => string {
  const directory = useDirectory()
  const words = { nameOf: directory.nameOf, timeOf: (ms: number) => momentText(ms, i18n.locale.value) }
  return (notice) =>
    noticeSentences(notice, words)
      .map(({ key, values }) => i18n.t(`notices.${key}`, { ...values }))
      .join(' ')
}
