import { replaceMentions } from '@beseda/rules'
import { wholeText } from '../../../i18n/formats.js'
import type { ChatMessage } from '../../../sync/model/model.js'
import { mentionName } from '../text/mention-name.js'
import { plainText } from '../text/plain-text.js'

/** Messages as a text: of several, each with who wrote it, and when. People by name: their ids mean nothing elsewhere. */
export function copiedText(
  messages: readonly ChatMessage[],
  nameOf: (userId: string) => string,
  t: (key: string) => string,
  locale: string,
): string {
  const textOf = (message: ChatMessage) =>
    message.text === ''
      ? plainText(message, nameOf, t)
      : replaceMentions(message.text, (target) => `@${mentionName(target, nameOf, t)}`)
  if (messages.length === 1) return messages.map(textOf).join('')
  return messages
    .map((message) => {
      const author = message.authorName || nameOf(message.authorId)
      return `${author}, ${wholeText(message.sentAt, locale)}\n${textOf(message)}`
    })
    .join('\n\n')
}
