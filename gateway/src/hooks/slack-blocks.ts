import { entryOf, firstText, isTrue, type Json, listAt, objectAt, textAt } from './fields.js'
import { code, codeLines, inRow, joined, link, NONE, Part, plain, quotation, withoutMentions } from './markdown.js'
import { fromMrkdwn, fromPlain } from './slack-text.js'

/** As many as Slack takes in a message. */
const MAX_BLOCKS = 50
/** Elements of a block, and of each part of rich text; more than Slack takes of those that it counts. */
const MAX_ELEMENTS = 200
/** Code points of one emoji; a family of four has seven. */
const MAX_CODES = 12
const MAX_INDENT = 8

/** A text object: `mrkdwn` or `plain_text`. */
function textOf(object: Json): Part {
  const text = textAt(object, 'text')
  return textAt(object, 'type') === 'plain_text' ? fromPlain(text) : fromMrkdwn(text)
}

const elementsOf = (object: Json): readonly Json[] => listAt(object, 'elements', MAX_ELEMENTS)
const image = (object: Json): Part =>
  link(firstText(object, 'title.text', 'alt_text') || '🖼', firstText(object, 'image_url', 'slack_file.url'))
/** A button or a choice that leads somewhere; the others need an answer, which nobody takes here. */
const button = (element: Json): Part => {
  if (textAt(element, 'type') === 'image') return image(element)
  return textAt(element, 'url') === '' ? NONE : link(textAt(element, 'text.text'), textAt(element, 'url'))
}

/** A piece of `rich_text`. `isStart`: it begins a line. */
function piece(element: Json, isStart: boolean): Part {
  switch (textAt(element, 'type')) {
    case 'text':
      return styled(textAt(element, 'text'), objectAt(element, 'style'), isStart)
    case 'link':
      return link(firstText(element, 'text', 'url'), textAt(element, 'url'))
    case 'emoji':
      return plain(emojiOf(textAt(element, 'unicode')) || `:${textAt(element, 'name')}:`)
    case 'user':
    case 'usergroup':
      return plain(`@${firstText(element, 'user_id', 'usergroup_id')}`)
    case 'channel':
      return plain(`#${textAt(element, 'channel_id')}`)
    case 'broadcast':
      return plain(`@${textAt(element, 'range')}`)
    case 'date':
      return plain(textAt(element, 'fallback'))
    default:
      return NONE
  }
}

/** The characters of `1f468-200d-1f469`; empty: it is no emoji. */
function emojiOf(unicode: string): string {
  const codes = unicode.split('-', MAX_CODES).map((one) => Number.parseInt(one, 16))
  return codes.every((one) => one > 0 && one <= 0x10ffff) ? String.fromCodePoint(...codes).toWellFormed() : ''
}

/** Signs stand at words: the spaces around them stay outside. */
function styled(text: string, style: Json, isStart: boolean): Part {
  const words = text.trim()
  if (words === '') return plain(text)
  const [before, after] = [text.slice(0, -text.trimStart().length), text.slice(text.trimEnd().length)]
  const signs = [
    isTrue(style, 'bold') ? '**' : '',
    isTrue(style, 'italic') ? '*' : '',
    isTrue(style, 'strike') ? '~~' : '',
  ]
  const inside = isTrue(style, 'code')
    ? [code(words)]
    : [
        new Part(signs.join('')),
        fromPlain(words, isStart && signs.join('') === ''),
        new Part(signs.toReversed().join('')),
      ]
  return inRow([new Part(before), ...inside, new Part(after)])
}

function richText(part: Json): Part {
  const inline = (from: Json) => inRow(elementsOf(from).map((element, i) => piece(element, i === 0)))
  switch (textAt(part, 'type')) {
    case 'rich_text_list': {
      const indent = '  '.repeat(Math.max(0, Math.min(Math.floor(Number(textAt(part, 'indent')) || 0), MAX_INDENT)))
      const isOrdered = textAt(part, 'style') === 'ordered'
      return joined(
        elementsOf(part).map((item, i) =>
          inRow([new Part(`${indent}${isOrdered ? `${i + 1}.` : '-'} `), inline(item)]),
        ),
        '\n',
      )
    }
    case 'rich_text_quote':
      return quotation(inline(part))
    case 'rich_text_preformatted':
      return codeLines(elementsOf(part).map(wordsOf).join(''))
    default:
      return inline(part)
  }
}

/** A piece of code: its words as they are. */
const wordsOf = (element: Json): string => firstText(element, 'text', 'url') || piece(element, false).raw

/** Blocks by type (https://docs.slack.dev/reference/block-kit/blocks). Those that only take something in are left out. */
const BLOCKS: Readonly<Record<string, (block: Json) => Part>> = {
  header: (block) => inRow([new Part('### '), plain(textAt(block, 'text.text').trim().replaceAll('\n', ' '))]),
  section: (block) =>
    joined(
      [
        textOf(objectAt(block, 'text')),
        ...listAt(block, 'fields', MAX_ELEMENTS).map(textOf),
        button(objectAt(block, 'accessory')),
      ],
      '\n',
    ),
  context: (block) =>
    joined(
      elementsOf(block).map((one) => (textAt(one, 'type') === 'image' ? NONE : textOf(one))),
      ' · ',
    ),
  actions: (block) => joined(elementsOf(block).map(button), ' · '),
  divider: () => new Part('---'),
  image,
  video: (block) => link(textAt(block, 'title.text'), firstText(block, 'title_url', 'video_url')),
  markdown: (block) => withoutMentions(textAt(block, 'text')),
  rich_text: (block) => joined(elementsOf(block).map(richText), '\n'),
}

export const fromBlocks = (object: Json): Part =>
  joined(
    listAt(object, 'blocks', MAX_BLOCKS).map((block) => entryOf(BLOCKS, textAt(block, 'type'))?.(block) ?? NONE),
    '\n\n',
  )
