import { stemmer as english } from '@orama/stemmers/english'
import { stemmer as russian } from '@orama/stemmers/russian'

/** Stems in the cache: people use the same words again and again, and stemming is the most expensive part of indexing. */
const MAX_STEMS = 20_000
/** Longer words are rarely used twice. */
const MAX_KEPT_LENGTH = 32
const stems = new Map<string, string>()

/** What all forms of a word share: сообщения and сообщение, running and run. Words of other alphabets are their own stems. */
export function stemOf(word: string): string {
  const known = stems.get(word)
  if (known !== undefined) return known
  const stem = /\p{Script=Cyrillic}/u.test(word) ? russian(word) : /\p{Script=Latin}/u.test(word) ? english(word) : word
  if (word.length > MAX_KEPT_LENGTH) return stem
  if (stems.size >= MAX_STEMS) stems.clear()
  stems.set(word, stem)
  return stem
}
