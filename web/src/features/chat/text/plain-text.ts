import { plainLine } from '@beseda/rules'
import type { ChatMessage } from '../../../sync/model/model.js'
import { mentionName } from './mention-name.js'

/** A message in one line, for lists and quotes: names instead of ids, and a word for attachments. */
export function plainText(
  { text, attachments, deleted, poll }: Pick<ChatMessage, 'text' | 'attachments' | 'deleted' | 'poll'>,
  nameOf: (userId: string) => string,
  t: (key: string, values?: Record<string, string>) => string,
): string {
  if (deleted) return t('chat.deletedMessage')
  const line = plainLine(text, (target) => mentionName(target, nameOf, t))
  if (line !== '') return poll ? t('chat.poll', { text: line }) : line
  const [file] = attachments
  if (!file) return ''
  if (file.voice) return t('chat.voiceMessage')
  return file.contentType.startsWith('image/') ? t('chat.picture') : file.name
}
