import { foldText } from '@beseda/rules'

/**
 * All runs of three characters, with the edges marked, so that beginnings weigh more. Characters are code points: halves of a surrogate
 * pair would all be the same to the database.
 */
export function trigrams(text: string): string[] {
  const padded = [...` ${foldText(text)} `]
  return padded.slice(2).map((last, i) => `${padded[i]}${padded[i + 1]}${last}`)
}

/** The share of the query's trigrams that the name has, 0 to 1. One typo in a word of six letters leaves half of them. */
export function similarity(query: string, name: string): number {
  const wanted = new Set(trigrams(query))
  if (wanted.size === 0) return 0
  const present = new Set(trigrams(name))
  return [...wanted].filter((trigram) => present.has(trigram)).length / wanted.size
}
