import { stemOf } from './stems.js'
import { fold, pairsOf, wordsOf } from './words.js'

/** Letters that the beginning of a word needs to be searched for: shorter ones match too many words. */
export const MIN_PREFIX = 2

/** What a text is indexed under: every word, so that each of its beginnings finds it, its stem, and the pairs of dense scripts. */
export const termsOf = (text: string): string[] =>
  wordsOf(text).flatMap((word) => (word.dense ? pairsOf(word.text) : [word.text, stemOf(word.text)]))

/** A word of a query. */
export type SearchWord =
  | {
      readonly kind: 'word'
      readonly stem: string
      /** The word may be unfinished: words that begin with this count as well. */
      readonly prefix: string | undefined
    }
  | {
      readonly kind: 'run'
      /** Characters of a dense script, to be found one after another. */
      readonly text: string
      /** Terms that a text with the run has. */
      readonly pairs: readonly string[]
    }

/** The words of a query. The last one counts as unfinished unless a space or a sign follows it. */
export function searchWords(query: string): SearchWord[] {
  const words = wordsOf(query)
  const open = /[\p{L}\p{N}\p{M}\p{Default_Ignorable_Code_Point}]$/u.test(query)
  return words.map(({ text, dense }, i): SearchWord => {
    if (dense) return { kind: 'run', text, pairs: [...text].length === 1 ? [text] : pairsOf(text).slice(0, -1) }
    const isUnfinished = open && i === words.length - 1 && text.length >= MIN_PREFIX
    return { kind: 'word', stem: stemOf(text), prefix: isUnfinished ? text : undefined }
  })
}

/** Runs of a query whose pairs can stand apart in a text, so that the text has to be looked at. */
export const runsToCheck = (words: readonly SearchWord[]): string[] =>
  words.flatMap((word) => (word.kind === 'run' && word.pairs.length > 1 ? [word.text] : []))

/** Whether one of the texts has each of the runs. */
export function hasRuns(texts: readonly string[], runs: readonly string[]): boolean {
  const folded = texts.map(fold)
  return runs.every((run) => folded.some((text) => text.includes(run)))
}
