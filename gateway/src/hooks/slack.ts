import { firstText, isTrue, type Json, listAt, textAt } from './fields.js'
import { below, inRow, joined, link, NONE, Part, quotation } from './markdown.js'
import { fromBlocks } from './slack-blocks.js'
import { fromMrkdwn, fromPlain } from './slack-text.js'

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

/** Attachments and their fields; Slack advises against more than this. */
const MAX_ATTACHMENTS = 20
const MAX_FIELDS = 50
const bold = (part: Part, after = ''): Part =>
  part.isEmpty ? NONE : inRow([new Part('**'), part, new Part(`${after}**`)])

/** The older way of Slack to show more than a text (https://docs.slack.dev/legacy/legacy-messaging/legacy-secondary-message-attachments). */
function fromAttachment(attachment: Json): Part {
  const mrkdwn = (name: string) => fromMrkdwn(textAt(attachment, name))
  const fields = listAt(attachment, 'fields', MAX_FIELDS).map((field) =>
    joined([bold(fromMrkdwn(textAt(field, 'title')), ':'), fromMrkdwn(textAt(field, 'value'))], ' '),
  )
  const picture = textAt(attachment, 'image_url')
  const inside = below(
    link(textAt(attachment, 'author_name'), textAt(attachment, 'author_link')),
    bold(titleOf(attachment)),
    mrkdwn('text'),
    ...fields,
    picture === '' ? NONE : link('🖼', picture),
    mrkdwn('footer'),
    fromBlocks(attachment),
  )
  const shown = inside.isEmpty ? mrkdwn('fallback') : inside
  return below(mrkdwn('pretext'), shown.isEmpty ? NONE : quotation(shown))
}

/** A title is plain, but for entities; with an address it leads there. */
function titleOf(attachment: Json): Part {
  const title = fromMrkdwn(textAt(attachment, 'title'))
  const url = textAt(attachment, 'title_link')
  return url === '' ? title : link(title.raw, url)
}

/** The message of Slack's payload, and who it says it is from. Blocks stand in for the text, which is then for notifications only. */
export function fromSlack(json: Json): { readonly text: Part; readonly name: string } {
  const text = textAt(json, 'text')
  const plain = 'mrkdwn' in json && !isTrue(json, 'mrkdwn') ? fromPlain(text) : fromMrkdwn(text)
  const blocks = fromBlocks(json)
  const attachments = listAt(json, 'attachments', MAX_ATTACHMENTS).map(fromAttachment)
  return { text: joined([blocks.isEmpty ? plain : blocks, ...attachments], '\n\n'), name: firstText(json, 'username') }
}
