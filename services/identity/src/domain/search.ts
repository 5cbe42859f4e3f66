import { foldText } from '@beseda/kernel'

/** All runs of three characters, the edges marked, so that beginnings weigh more. */
export function trigrams(text: string): string[] {
  const padded = ` ${foldText(text)} `
  return Array.from({ length: Math.max(0, padded.length - 2) }, (_, i) => padded.slice(i, i + 3))
}

/** Share of the query's trigrams found in the name, 0 to 1. One typo in a word of six leaves half of them. */
export function similarity(query: string, name: string): number {
  const wanted = new Set(trigrams(query))
  if (wanted.size === 0) return 0
  const present = new Set(trigrams(name))
  return [...wanted].filter((trigram) => present.has(trigram)).length / wanted.size
}
