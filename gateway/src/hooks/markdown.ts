import { MAX_TEXT, parseMarkup } from '@beseda/rules'

/** Words of a title or a commit; more are cut. */
const MAX_WORDS = 200
const SIGNS = /[\\`*_~|[\]<]/g

/**
 * A line of a message. What strangers wrote stands in it twice: as it is, and with a back slash before each sign. A back slash in front of a sign
 * that means nothing would be shown, so the second is used only where the signs of the first would be taken for markup.
 */
export class Line {
  constructor(
    readonly raw: string,
    readonly escaped: string = raw,
  ) {}

  /** As it is posted. */
  toString(): string {
    return markupIn(this.raw) === markupIn(this.escaped) ? this.raw : this.escaped
  }
}

/** The markup of a text, without its words. */
const markupIn = (text: string): string =>
  JSON.stringify(parseMarkup(text), (_, value: unknown) => {
    if (!Array.isArray(value)) return value
    return value.filter(
      (one: unknown) => typeof one !== 'object' || one === null || !('type' in one) || one.type !== 'text',
    )
  })

/** Texts of others in one line: `` md`**${title}**` ``. Lines in it stay what they are. */
export function md(strings: TemplateStringsArray, ...values: readonly (string | Line)[]): Line {
  const join = (shown: (value: string | Line) => string) =>
    strings.map((part, i) => part + (i < values.length ? shown(values[i] ?? '') : '')).join('')
  return new Line(
    join((value) => (value instanceof Line ? value.raw : words(value))),
    join((value) => (value instanceof Line ? value.escaped : words(value).replace(SIGNS, '\\$&'))),
  )
}

/** A text of others in one line, and not too long. */
function words(text: string): string {
  const [line = ''] = text.trim().split('\n')
  const characters = [...line.trim()]
  return characters.length > MAX_WORDS ? `${characters.slice(0, MAX_WORDS - 1).join('')}…` : characters.join('')
}

/** Words that lead to an address, where it is one of the web; otherwise the words alone. */
export function link(text: string, url: string): Line {
  const href = webAddress(url)
  if (href === undefined || text.trim() === '') return md`${text}`
  const inside = md`${linkWords(text)}`
  return new Line(`[${inside.raw}](${href})`, `[${inside.escaped}](${href})`)
}

/** Words of a link: brackets would end them, and an address in them would be a link of its own. */
export const linkWords = (text: string): string =>
  text.replaceAll('[', '(').replaceAll(']', ')').replaceAll('://', ' ').trim()

/** An address as it may stand in the brackets of a link; undefined for what is no address of the web. */
export function webAddress(url: string): string | undefined {
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) return undefined
  return url.trim().replace(/[()\s<>]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`)
}

/** A text of several lines of others, as a quotation; the first few of them. */
export function quoted(text: string, maxLines = 8): string {
  const lines = text.trim().split(/\r?\n/)
  const shown = lines.length > maxLines ? [...lines.slice(0, maxLines), '…'] : lines
  return text.trim() === ''
    ? ''
    : shown.map((line) => `> ${line.trim() === '' ? '' : md`${line}`}`.trimEnd()).join('\n')
}

/** Parts below each other; empty ones are left out. */
export const below = (...parts: readonly (string | Line)[]): string =>
  parts
    .map(String)
    .filter((part) => part !== '')
    .join('\n')

/** Not longer than a message may be. */
export function cut(text: string): string {
  const characters = [...text]
  if (characters.length <= MAX_TEXT) return text
  const kept = characters.slice(0, MAX_TEXT - 2).join('')
  const end = kept.lastIndexOf('\n')
  return `${end > MAX_TEXT / 2 ? kept.slice(0, end) : kept}\n…`
}
