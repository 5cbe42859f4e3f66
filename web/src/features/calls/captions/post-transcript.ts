import { useI18n } from '../../../i18n/index.js'
import { useChat } from '../../../stores/chat.js'
import { useCallName } from '../use-call-name.js'
import type { CaptionLine } from './exchange.js'
import { transcriptName, transcriptText } from './transcript.js'

/** Posts a transcript as a file: at once, or when the server can be reached. One without a line is none. `id`: of the message. */
export async function postTranscript(groupId: string, lines: readonly CaptionLine[], id: string): Promise<void> {
  const [first] = lines
  if (!first) return
  const { t, locale } = useI18n()
  const clock = new Intl.DateTimeFormat(locale.value, { hour: '2-digit', minute: '2-digit', second: '2-digit' })
  const day = new Intl.DateTimeFormat(locale.value, { dateStyle: 'long' })
  const title = t('captions.transcriptTitle', { day: day.format(first.at) })
  const text = transcriptText(lines, title, useCallName().personOf, (at) => clock.format(at))
  const name = transcriptName(first.at)
  const content = new Blob([text], { type: 'text/plain' })
  await useChat().send(groupId, { id, text: '', waiting: [{ localId: name, name, content }] })
}
