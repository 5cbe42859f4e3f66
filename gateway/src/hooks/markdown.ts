import { MAX_ADDRESS, MAX_TEXT, parseMarkup } from '@beseda/rules'

/** Words of a title or a commit; more are cut. */
const MAX_WORDS = 200
const SIGNS = /[\\`*_~|[\]<]/g

/**
 * A part of a message, of one line or several. What strangers wrote stands in it twice: as it is, and with a back slash before each sign. A back
 * slash in front of a sign that means nothing would be shown, so the second is used only where the signs of the first would be taken for markup.
 * Both have the same number of lines.
 */
export class Part {
  constructor(
    readonly raw: string,
    readonly escaped: string = raw,
  ) {}

  get isEmpty(): boolean {
    return this.raw.trim() === ''
  }

  /** Each line, changed. */
  mapLines(change: (line: string) => string): Part {
    const changed = (text: string) => text.split('\n').map(change).join('\n')
    return new Part(changed(this.raw), changed(this.escaped))
  }

  /**
   * As it is posted: not longer than a message may be. Each line is decided for itself, so that one with signs spoils no other; then the whole,
   * because markup may begin on one line and end on another.
   */
  toString(): string {
    const lines = shortened(this)
    const mixed = lines.map(({ raw, escaped }) => (isSame(raw, escaped) ? raw : escaped)).join('\n')
    const safe = lines.map(({ escaped }) => escaped).join('\n')
    return isSame(mixed, safe) ? mixed : safe
  }
}

export const NONE = new Part('')

const isSame = (one: string, other: string): boolean => one === other || markupIn(one) === markupIn(other)

/** The markup of a text, without its words. */
const markupIn = (text: string): string =>
  JSON.stringify(parseMarkup(text), (_, value: unknown) => {
    if (!Array.isArray(value)) return value
    return value.filter(
      (one: unknown) => typeof one !== 'object' || one === null || !('type' in one) || one.type !== 'text',
    )
  })

/** The lines that have room in a message, before anything is read in them: what is posted is what was decided on, and a long text is little work. */
function shortened(part: Part): readonly Part[] {
  const [raw, escaped] = [part.raw.trim().split('\n'), part.escaped.trim().split('\n')]
  const kept: Part[] = []
  let room = MAX_TEXT
  for (const [i, line] of escaped.entries()) {
    const needed = lengthOf(line) + 1
    // The last line has no end, the one before the dots does.
    if (needed > (i === escaped.length - 1 ? room + 1 : room - 1)) {
      if (room > MAX_TEXT / 2) kept.push(new Part(first(raw[i] ?? '', room - 2), first(line, room - 2)))
      return [...kept, new Part('…')]
    }
    kept.push(new Part(raw[i] ?? '', line))
    room -= needed
  }
  return kept
}

const lengthOf = (text: string): number => [...text].length
const first = (text: string, count: number): string => [...text].slice(0, count).join('')

/** Texts of others in one line: `` md`**${title}**` ``. Parts in it stay what they are. */
export function md(strings: TemplateStringsArray, ...values: readonly (string | Part)[]): Part {
  const parts = values.map((value) => (typeof value === 'string' ? plain(words(value)) : value))
  const join = (shown: (part: Part) => string) =>
    strings.map((text, i) => text + (parts[i] ? shown(parts[i]) : '')).join('')
  return new Part(
    join(({ raw }) => raw),
    join(({ escaped }) => escaped),
  )
}

/** A text of others as they wrote it, with all its lines. */
export const plain = (text: string): Part => new Part(text, text.replace(SIGNS, '\\$&'))

/** What would look like a mention; a webhook mentions nobody. */
const CALL = /<@(?=(all|admins|[0-9a-f-]{36})>)/g
/** Markdown as a tool has made it. */
export const withoutMentions = (text: string): Part => new Part(text, text.replace(CALL, '\\$&'))

/** A text of others in one line, and not too long. */
function words(text: string): string {
  const [line = ''] = text.trim().split('\n')
  const characters = [...line.trim()]
  return characters.length > MAX_WORDS ? `${characters.slice(0, MAX_WORDS - 1).join('')}…` : characters.join('')
}

/** Words that lead to an address, where it is one of the web; otherwise the words alone. */
export function link(text: string, url: string): Part {
  const href = webAddress(url)
  if (href === undefined || text.trim() === '') return md`${text}`
  const inside = md`${linkWords(text)}`
  return new Part(`[${inside.raw}](${href})`, `[${inside.escaped}](${href})`)
}

/** Words of a link: brackets would end them, and an address in them would be a link of its own. */
const linkWords = (text: string): string => text.replaceAll('[', '(').replaceAll(']', ')').replaceAll('://', ' ').trim()

/**
 * An address as it may stand in the brackets of a link; undefined for what is no address of the web, or longer than a link may be. Signs of code
 * and spoilers in it are encoded: the text around it is read as if they were not there.
 */
export function webAddress(url: string): string | undefined {
  if (url.length > MAX_ADDRESS || !URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) return undefined
  const encoded = url.trim().replace(/[\s<>`|\\]/g, encodeURIComponent)
  const href = encoded.replaceAll('(', '%28').replaceAll(')', '%29')
  return href.length > MAX_ADDRESS ? undefined : href
}

/** A text of several lines of others, as a quotation; the first few of them. */
export function quoted(text: string, maxLines = 8): Part {
  if (text.trim() === '') return NONE
  const lines = text.trim().split(/\r?\n/)
  const shown = lines.length > maxLines ? [...lines.slice(0, maxLines), '…'] : lines
  return quotation(
    together(
      shown.map((line) => atStart(md`${line}`)),
      '\n',
    ),
  )
}

/** Code in a line, if it can be: between letters a single sign is an apostrophe, so there are two where one would not do. */
export const code = (text: string): Part =>
  text.trim() === '' || /[`\n]/.test(text) ? plain(text) : new Part(`\`${text}\``, `\`\`${text}\`\``)

/** Code on lines of its own, behind fences that are longer than any in it. */
export function codeLines(text: string): Part {
  if (text.trim() === '') return NONE
  const longest = Math.max(2, ...(text.match(/`{3,}/g) ?? []).slice(0, 100).map(({ length }) => length))
  const fence = '`'.repeat(longest + 1)
  return new Part(`${fence}\n${text.replace(/^\n+/, '').trimEnd()}\n${fence}`)
}

/** What strangers begin a line with makes no heading and no quotation. */
const atStart = ({ raw, escaped }: Part): Part => new Part(raw, escaped.replace(/^[#>]/, '\\$&'))

/** Behind signs of a quotation. */
export const quotation = (part: Part): Part => part.mapLines((line) => `> ${line}`.trimEnd())

/** Parts with a sign of this server's between them. */
const together = (parts: readonly Part[], sign: string): Part =>
  new Part(parts.map(({ raw }) => raw).join(sign), parts.map(({ escaped }) => escaped).join(sign))

/** Parts of one line or more, one behind the other. Back ticks of two, or a back slash before them, would be read as one sign: a space keeps them apart. */
export function inRow(parts: readonly Part[]): Part {
  let last = ''
  const gap = ({ escaped }: Part) => {
    const found = '`\\'.includes(last || ' ') && escaped.startsWith('`') ? ' ' : ''
    last = escaped.at(-1) ?? last
    return found
  }
  const gaps = parts.map(gap)
  return new Part(parts.map(({ raw }) => raw).join(''), parts.map(({ escaped }, i) => `${gaps[i]}${escaped}`).join(''))
}

/** Those that are not empty, with a sign between them. */
export const joined = (parts: readonly Part[], sign: string): Part =>
  together(
    parts.filter(({ isEmpty }) => !isEmpty),
    sign,
  )

/** Parts below each other; empty ones are left out. */
export const below = (...parts: readonly Part[]): Part => joined(parts, '\n')
