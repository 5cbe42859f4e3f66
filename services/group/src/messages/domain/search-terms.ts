import { stemmer as english } from '@orama/stemmers/english'
import { stemmer as russian } from '@orama/stemmers/russian'

/** Words of one message that are indexed; more are not found. A message has at most 4,000 characters. */
const MAX_WORDS = 1_000
/** Letters that the beginning of a word needs to be searched for: shorter ones match too many words. */
export const MIN_PREFIX = 2

/** Lower case, without accents, ё as е. The й is kept: endings depend on it. */
const fold = (text: string): string => {
  const plain = text.toLowerCase().normalize('NFKC').replaceAll('й', '\u0001')
  return plain.normalize('NFKD').replace(/\p{M}/gu, '').replaceAll('\u0001', 'й')
}

/** The words of a text, folded. */
export const wordsOf = (text: string): string[] =>
  [...fold(text).matchAll(/[\p{L}\p{N}]+/gu)].map(([word]) => word).slice(0, MAX_WORDS)

/** Stems in the cache: people use the same words again and again, and stemming is the most expensive part of indexing. */
const MAX_STEMS = 20_000
/** Longer words are rarely used twice. */
const MAX_KEPT_LENGTH = 32
const stems = new Map<string, string>()

/** What all forms of a word share: сообщения and сообщение, running and run. */
export function stemOf(word: string): string {
  const known = stems.get(word)
  if (known !== undefined) return known
  const stem = /\p{Script=Cyrillic}/u.test(word) ? russian(word) : english(word)
  if (word.length > MAX_KEPT_LENGTH) return stem
  if (stems.size >= MAX_STEMS) stems.clear()
  stems.set(word, stem)
  return stem
}

export interface SearchWord {
  readonly stem: string
  /** The word may be unfinished: words that begin with this count as well. */
  readonly prefix: string | undefined
}

/** The words of a query. The last one counts as unfinished unless a space or a sign follows it. */
export function searchWords(query: string): SearchWord[] {
  const words = wordsOf(query)
  const open = /[\p{L}\p{N}\p{M}]$/u.test(query)
  return words.map((word, i) => ({
    stem: stemOf(word),
    prefix: open && i === words.length - 1 && word.length >= MIN_PREFIX ? word : undefined,
  }))
}

export const hasLink = (text: string): boolean => /https?:\/\/\S/i.test(text)
