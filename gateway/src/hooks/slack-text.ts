import { MAX_TEXT } from '@beseda/rules'
import { code, codeLines, inRow, link, NONE, Part, plain, webAddress } from './markdown.js'

/** Characters of one text that are read: more than a message has. */
const MAX_READ = 2 * MAX_TEXT
const ENTITIES: Readonly<Record<string, string>> = { '&amp;': '&', '&lt;': '<', '&gt;': '>' }
const decoded = (text: string): string => text.replace(/&(amp|lt|gt);/g, (entity) => ENTITIES[entity] ?? entity)

/** Code, which is left alone, and what stands between `<` and `>`. */
const TOKEN = /```([\s\S]+?)```|`([^`\n]+)`|<([^<>\n]+)>/g

/**
 * `<…>` of Slack: addresses, and names of people, channels and groups, which mean nobody here. `<!here>` and its kin call nobody either: a
 * webhook mentions no one.
 */
function reference(inside: string): Part {
  const [target = '', label = ''] = inside.split('|', 2)
  const words = decoded(label)
  if (target.startsWith('!date^')) return plain(words)
  if (target.startsWith('!subteam')) return plain(words || '@group')
  if (target.startsWith('!')) return plain(`@${target.slice(1)}`)
  if (target.startsWith('@')) return plain(`@${words || target.slice(1)}`)
  if (target.startsWith('#')) return plain(`#${words || target.slice(1)}`)
  const url = decoded(target)
  const href = webAddress(url)
  if (href !== undefined) return words.trim() === '' ? new Part(href) : link(words, url)
  return plain(words || url.replace(/^mailto:/, ''))
}

/** Signs that stand around words: `*` is bold in Slack, and emphasis in Markdown. */
const BOLD = /(?<![\p{L}\p{N}*])\*(?=\S)([^\n*]*?[^\s*])\*(?![\p{L}\p{N}*])/gu
const ITALIC = /(?<![\p{L}\p{N}_])_(?=\S)([^\n_]*?[^\s_])_(?![\p{L}\p{N}_])/gu
const STRUCK = /(?<![\p{L}\p{N}~])~(?=\S)([^\n~]*?[^\s~])~(?![\p{L}\p{N}~])/gu
/** Begins a line as a heading or a quotation would; a quotation of Slack begins with a real `>`. */
const START = /^([ \t]*)(?=#|&gt;)/gm

/** Stands for a token while the text is read; like the marks below, it is in no text of a payload (`asText`). */
const HELD = '\ufdd0'
/** Stand for signs of Markdown that the text has; `start` keeps what follows from being a sign. */
const MARKS = { bold: '\ufdd1', italic: '\ufdd2', struck: '\ufdd3', start: '\ufdd4', quote: '\ufdd5' }
const SHOWN: ReadonlyMap<string, Part> = new Map([
  [MARKS.bold, new Part('**')],
  [MARKS.italic, new Part('_')],
  [MARKS.struck, new Part('~~')],
  [MARKS.start, new Part('', '\\')],
  [MARKS.quote, new Part('>')],
])
const BREAK = new Part('\n')

/** Slack's mrkdwn as Markdown (https://docs.slack.dev/messaging/formatting-message-text). What is no sign in Slack is none here. */
export function fromMrkdwn(text: string): Part {
  const tokens: Part[] = []
  const hold = (_: string, lines?: string, words?: string, inside?: string) => {
    tokens.push(tokenOf(lines, words, inside))
    return HELD
  }
  const marked = text
    .slice(0, MAX_READ)
    .replace(TOKEN, hold)
    .replace(START, `$1${MARKS.start}`)
    .replace(/^>/gm, MARKS.quote)
    .replace(/^• /gm, '- ')
    .replace(BOLD, `${MARKS.bold}$1${MARKS.bold}`)
    .replace(ITALIC, `${MARKS.italic}$1${MARKS.italic}`)
    .replace(STRUCK, `${MARKS.struck}$1${MARKS.struck}`)
  const pieces = marked.split(/([\ufdd0-\ufdd5])/)
  return inRow(
    pieces.map((piece) => (piece === HELD ? (tokens.shift() ?? NONE) : (SHOWN.get(piece) ?? plain(decoded(piece))))),
  )
}

function tokenOf(lines: string | undefined, words: string | undefined, inside: string | undefined): Part {
  if (inside !== undefined) return reference(inside)
  if (words !== undefined) return code(decoded(words))
  const text = decoded(lines ?? '')
  return text.includes('\n') ? inRow([BREAK, codeLines(text), BREAK]) : code(text)
}

/** A text in which nothing is a sign, however it is written. `isStart`: it begins a line. */
export function fromPlain(text: string, isStart = true): Part {
  const { raw, escaped } = plain(text.slice(0, MAX_READ))
  return new Part(raw, escaped.replace(isStart ? /^([ \t]*)(?=[#>])/gm : /(?<=\n)([ \t]*)(?=[#>])/g, '$1\\'))
}
