import { stemOf } from './stems.js'
import { type SearchWord, searchWords } from './terms.js'
import { fold, placesOf, type Word } from './words.js'

/** A part of a text: from `start` up to, not including, `end`. */
export interface TextRange {
  readonly start: number
  readonly end: number
}

/** Where a text has the words of a query: in order, without overlaps. The same rule finds the message. */
export function foundWords(text: string, query: string): TextRange[] {
  const words = searchWords(query)
  if (words.length === 0) return []
  const { folded, places } = foldedWithPlaces(text)
  const ranges = placesOf(folded).flatMap((place) => words.flatMap((word) => within(place, word)))
  return joined(
    ranges.map(({ start, end }) => ({ start: places[start]?.start ?? 0, end: places[end - 1]?.end ?? text.length })),
  )
}

/** The text folded, and for each of its characters the letter, with its marks, that it was in the text. */
function foldedWithPlaces(text: string): { readonly folded: string; readonly places: readonly TextRange[] } {
  const places: TextRange[] = []
  let folded = ''
  for (const { 0: letter, index } of text.matchAll(/[\p{L}\p{N}]\p{M}*|./gsu)) {
    const plain = fold(letter)
    folded += plain
    for (let i = 0; i < plain.length; i++) places.push({ start: index, end: index + letter.length })
  }
  return { folded, places }
}

/** Where in a word of the text a word of the query is. */
function within({ text, dense, at }: Word & { readonly at: number }, word: SearchWord): TextRange[] {
  if (word.kind === 'run') {
    const first = dense ? text.indexOf(word.text) : -1
    return first < 0 ? [] : [{ start: at + first, end: at + first + word.text.length }]
  }
  if (dense) return []
  const isFound = stemOf(text) === word.stem || (word.prefix !== undefined && text.startsWith(word.prefix))
  return isFound ? [{ start: at, end: at + text.length }] : []
}

function joined(ranges: readonly TextRange[]): TextRange[] {
  const all: TextRange[] = []
  for (const range of ranges.toSorted((a, b) => a.start - b.start)) {
    const last = all.at(-1)
    if (last && range.start <= last.end) all[all.length - 1] = { start: last.start, end: Math.max(last.end, range.end) }
    else all.push(range)
  }
  return all
}
