import { replaceMentions } from '@beseda/rules'
import type { ChatMessage } from '../../../sync/model/model.js'

/** A message in one line, for lists and quotes: names instead of ids, and a word for attachments. */
export function plainText(
  { text, attachments, deleted }: Pick<ChatMessage, 'text' | 'attachments' | 'deleted'>,
  nameOf: (userId: string) => string,
  t: (key: string) => string,
): string {
  if (deleted) return t('chat.deletedMessage')
  const words = replaceMentions(
    text,
    (target) =>
      `@${target === 'all' ? t('chat.mentionAll') : target === 'admins' ? t('chat.mentionAdmins') : nameOf(target)}`,
  )
  const line = words
    .replace(/\|\|[^|]+\|\|/g, '▒▒▒')
    .replace(/[*_~`>#]+/g, '')
    .replace(/\s+/g, ' ')
    .trim()
  if (line !== '') return line
  const [file] = attachments
  if (!file) return ''
  if (file.voice) return t('chat.voiceMessage')
  return file.contentType.startsWith('image/') ? t('chat.picture') : file.name
}
