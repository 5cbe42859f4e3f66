export interface Emoji {
  readonly emoji: string
  readonly group: number
  /** Has variants in all skin tones. */
  readonly toned: boolean
  readonly name: string
  /** The short codes, in the person's language and in English. */
  readonly codes: readonly string[]
  readonly words: readonly string[]
}

type Rows = typeof import('virtual:emoji/en')['default']

const wordsOf = (text: string): string[] => text.split(' ').filter((word) => word !== '')

/** All emoji, named in a language; English short codes work in all of them. */
export function catalogueOf(rows: Rows, english: Rows = rows): Emoji[] {
  const inEnglish = new Map(english.map(([emoji, , , name, codes]) => [emoji, { name, codes }]))
  return rows.map(([emoji, group, toned, name, codes, words]) => {
    const other = inEnglish.get(emoji)
    return {
      emoji,
      group,
      toned: toned === 1,
      name,
      codes: [...new Set([...wordsOf(codes), ...wordsOf(other?.codes ?? '')])],
      words: [...new Set([...wordsOf(name), ...wordsOf(words), ...wordsOf(other?.name ?? '')])].map((word) =>
        word.toLowerCase(),
      ),
    }
  })
}

const loading = new Map<string, Promise<Emoji[]>>()

/** Fetched when first needed, once for each language. */
export function loadEmoji(locale: string): Promise<Emoji[]> {
  const language = locale === 'ru' ? 'ru' : 'en'
  const known = loading.get(language)
  if (known !== undefined) return known
  const english = import('virtual:emoji/en')
  const loaded =
    language === 'ru'
      ? Promise.all([import('virtual:emoji/ru'), english]).then(([ru, en]) => catalogueOf(ru.default, en.default))
      : english.then((en) => catalogueOf(en.default))
  loading.set(language, loaded)
  // The caller gets the error; the next call tries again.
  loaded.catch(() => loading.delete(language))
  return loaded
}

/** The usual meaning of a word, ranked above other emoji with the same word. */
const COMMON = new Set(['❤️', '👍', '👎', '🔥', '🎉', '😂', '😄', '😊', '🙏', '👏', '😍', '🤔', '😢', '😮', '😭', '✅'])

/** The best matches of the query: whole codes, then prefixes of codes, then prefixes of words. */
export function findEmoji(all: readonly Emoji[], query: string, most: number): Emoji[] {
  const wanted = query.toLowerCase().trim()
  if (wanted === '') return []
  const rank = ({ codes, words }: Emoji): number => {
    if (codes.includes(wanted)) return 0
    if (codes.some((code) => code.startsWith(wanted))) return 1
    if (words.some((word) => word.startsWith(wanted))) return 2
    return codes.some((code) => code.includes(`_${wanted}`)) ? 3 : 4
  }
  const common = (emoji: Emoji) => (COMMON.has(emoji.emoji) ? 1.5 : 0)
  const ranked = all
    .map((emoji, order) => ({ emoji, order, rank: rank(emoji) }))
    .filter((one) => one.rank < 4)
    .map((one) => ({ ...one, rank: Math.max(0, one.rank - common(one.emoji)) }))
  ranked.sort((a, b) => a.rank - b.rank || a.order - b.order)
  return ranked.slice(0, most).map(({ emoji }) => emoji)
}

export const TONES = ['', '\u{1F3FB}', '\u{1F3FC}', '\u{1F3FD}', '\u{1F3FE}', '\u{1F3FF}'] as const

/** An emoji in a skin tone: the modifier follows the first code point. */
export function inTone({ emoji, toned }: Pick<Emoji, 'emoji' | 'toned'>, tone: string): string {
  if (!toned || tone === '') return emoji
  const [first = '', ...rest] = [...emoji]
  return first + tone + rest.join('').replace(/^\uFE0F/, '')
}
