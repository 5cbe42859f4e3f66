import { firstText, isTrue, type Json, listAt, textAt } from './fields.js'
import { link } from './markdown.js'
import { fromBlocks } from './slack-blocks.js'
import { fromMrkdwn } from './slack-text.js'

/** Fields that only Slack's payload has: with one of them the answer is Slack's, too. */
const OWN = [
  'blocks',
  'attachments',
  'username',
  'channel',
  'icon_emoji',
  'icon_url',
  'mrkdwn',
  'link_names',
  'unfurl_links',
  'unfurl_media',
]
export const isSlack = (json: Json): boolean => OWN.some((name) => name in json)

const joined = (...parts: readonly string[]): string => parts.filter((part) => part !== '').join('\n')

/** The older way of Slack to show more than a text (https://docs.slack.dev/legacy/legacy-messaging/legacy-secondary-message-attachments). */
function fromAttachment(attachment: Json): string {
  const blocks = fromBlocks(listAt(attachment, 'blocks'))
  const title = textAt(attachment, 'title')
  const fields = listAt(attachment, 'fields').map((field) => {
    const name = textAt(field, 'title')
    return `${name === '' ? '' : `**${fromMrkdwn(name)}:** `}${fromMrkdwn(textAt(field, 'value'))}`
  })
  const picture = textAt(attachment, 'image_url')
  const inside = joined(
    String(link(textAt(attachment, 'author_name'), textAt(attachment, 'author_link'))),
    title === '' ? '' : `**${link(fromMrkdwn(title), textAt(attachment, 'title_link'))}**`,
    fromMrkdwn(textAt(attachment, 'text')),
    ...fields,
    picture === '' ? '' : String(link('🖼', picture)),
    fromMrkdwn(textAt(attachment, 'footer')),
    blocks,
  )
  const shown = inside === '' ? fromMrkdwn(textAt(attachment, 'fallback')) : inside
  const quotation =
    shown === ''
      ? ''
      : shown
          .split('\n')
          .map((line) => `> ${line}`.trimEnd())
          .join('\n')
  return joined(fromMrkdwn(textAt(attachment, 'pretext')), quotation)
}

/** The message of Slack's payload, and who it says it is from. Blocks stand in for the text, which is then for notifications only. */
export function fromSlack(json: Json): { readonly text: string; readonly name: string } {
  const text = textAt(json, 'text')
  const plain = 'mrkdwn' in json && !isTrue(json, 'mrkdwn') ? text : fromMrkdwn(text)
  const parts = [fromBlocks(listAt(json, 'blocks')) || plain, ...listAt(json, 'attachments').map(fromAttachment)]
  return { text: parts.filter((part) => part.trim() !== '').join('\n\n'), name: firstText(json, 'username') }
}
