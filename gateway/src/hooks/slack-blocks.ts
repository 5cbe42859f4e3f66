import { firstText, isTrue, type Json, listAt, objectAt, textAt } from './fields.js'
import { link } from './markdown.js'
import { fromMrkdwn } from './slack-text.js'

/** A text object: `mrkdwn` or `plain_text`. */
function textOf(object: Json): string {
  const text = textAt(object, 'text')
  return textAt(object, 'type') === 'plain_text' ? text : fromMrkdwn(text)
}

const image = (object: Json): string =>
  String(link(firstText(object, 'title.text', 'alt_text') || '🖼', firstText(object, 'image_url', 'slack_file.url')))
/** A button or a choice that leads somewhere; the others need an answer, which nobody takes here. */
const button = (element: Json): string => {
  if (textAt(element, 'type') === 'image') return image(element)
  return textAt(element, 'url') === '' ? '' : String(link(textAt(element, 'text.text'), textAt(element, 'url')))
}
const joined = (parts: readonly string[], sign: string): string => parts.filter((part) => part !== '').join(sign)

/** A piece of a line of `rich_text`. */
function piece(element: Json): string {
  switch (textAt(element, 'type')) {
    case 'text':
      return styled(textAt(element, 'text'), objectAt(element, 'style'))
    case 'link':
      return String(link(firstText(element, 'text', 'url'), textAt(element, 'url')))
    case 'emoji': {
      const codes = textAt(element, 'unicode')
        .split('-')
        .map((code) => Number.parseInt(code, 16))
      return codes.every((code) => code > 0 && code <= 0x10ffff)
        ? String.fromCodePoint(...codes)
        : `:${textAt(element, 'name')}:`
    }
    case 'user':
    case 'usergroup':
      return `@${firstText(element, 'user_id', 'usergroup_id')}`
    case 'channel':
      return `#${textAt(element, 'channel_id')}`
    case 'broadcast':
      return `@${textAt(element, 'range')}`
    case 'date':
      return textAt(element, 'fallback')
    default:
      return ''
  }
}

/** Signs stand at words: the spaces around them stay outside. */
function styled(text: string, style: Json): string {
  const [, before = '', words = '', after = ''] = /^(\s*)([\s\S]*?)(\s*)$/.exec(text) ?? []
  if (words === '') return text
  if (isTrue(style, 'code')) return `${before}\`${words}\`${after}`
  const signs = [
    isTrue(style, 'bold') ? '**' : '',
    isTrue(style, 'italic') ? '*' : '',
    isTrue(style, 'strike') ? '~~' : '',
  ]
  return before + signs.join('') + words + signs.toReversed().join('') + after
}

function richText(part: Json): string {
  const inline = (from: Json) => listAt(from, 'elements').map(piece).join('')
  switch (textAt(part, 'type')) {
    case 'rich_text_list': {
      const indent = '  '.repeat(Math.min(Number(textAt(part, 'indent')) || 0, 8))
      const isOrdered = textAt(part, 'style') === 'ordered'
      return listAt(part, 'elements')
        .map((item, i) => `${indent}${isOrdered ? `${i + 1}.` : '-'} ${inline(item)}`)
        .join('\n')
    }
    case 'rich_text_quote':
      return inline(part)
        .split('\n')
        .map((line) => `> ${line}`)
        .join('\n')
    case 'rich_text_preformatted':
      return `\`\`\`\n${inline(part)}\n\`\`\``
    default:
      return inline(part)
  }
}

/** Blocks by type (https://docs.slack.dev/reference/block-kit/blocks). Those that only take something in are left out. */
const BLOCKS: Readonly<Record<string, (block: Json) => string>> = {
  header: (block) => `### ${textAt(block, 'text.text')}`,
  section: (block) =>
    joined(
      [textOf(objectAt(block, 'text')), ...listAt(block, 'fields').map(textOf), button(objectAt(block, 'accessory'))],
      '\n',
    ),
  context: (block) =>
    joined(
      listAt(block, 'elements').map((one) => (textAt(one, 'type') === 'image' ? '' : textOf(one))),
      ' · ',
    ),
  actions: (block) => joined(listAt(block, 'elements').map(button), ' · '),
  divider: () => '---',
  image,
  video: (block) => String(link(textAt(block, 'title.text'), firstText(block, 'title_url', 'video_url'))),
  markdown: (block) => textAt(block, 'text'),
  rich_text: (block) => joined(listAt(block, 'elements').map(richText), '\n'),
}

export function fromBlocks(blocks: readonly Json[]): string {
  const shown = blocks.map((block) => {
    const type = textAt(block, 'type')
    return (Object.hasOwn(BLOCKS, type) ? BLOCKS[type] : undefined)?.(block).trim() ?? ''
  })
  return joined(shown, '\n\n')
}
