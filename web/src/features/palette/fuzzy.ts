import { meanings, plain, sound } from './layouts.js'

/**
 * Score of a text for a query; 0: no match. A prefix of the text scores above the start of a word, that above the
 * middle of one, and that above letters in order with gaps. Pure.
 */
export function score(text: string, typed: string): number {
  if (typed.trim() === '') return 1
  const [asTyped = '', ...meant] = meanings(typed)
  const name = plain(text)
  const spoken = sound(text)
  return Math.max(
    scoreOf(name, asTyped),
    // The wrong keyboard layout and the other alphabet score a little less.
    ...meant.map((other) => scoreOf(name, other) * 0.9),
    scoreOf(spoken, sound(asTyped)) * 0.8,
  )
}

function scoreOf(text: string, query: string): number {
  if (query === '') return 0
  const at = text.indexOf(query)
  // The shorter of two names that match alike scores higher.
  const nearness = query.length / Math.max(text.length, 1)
  if (at === 0) return 90 + 10 * nearness
  if (at > 0) return (isWordStart(text, at) ? 75 : 50) + 10 * nearness
  return scoreOfLetters(text, query)
}

const isWordStart = (text: string, at: number) => !/[\p{L}\p{N}]/u.test(text[at - 1] ?? ' ')

/** Letters in order, each at the start of a word or right after the previous one; looser matches are not accepted. */
function scoreOfLetters(text: string, query: string): number {
  let from = 0
  let starts = 0
  for (const letter of query.replaceAll(' ', '')) {
    const next = nextOf(text, letter, from)
    if (next === undefined) return 0
    if (isWordStart(text, next)) starts++
    from = next + 1
  }
  return 20 + (10 * starts) / query.length
}

function nextOf(text: string, letter: string, from: number): number | undefined {
  if (text[from] === letter) return from
  for (let at = from; at < text.length; at++) if (text[at] === letter && isWordStart(text, at)) return at
  return undefined
}

export interface Candidate {
  /** All texts it can be found by; the first is its name. */
  readonly texts: readonly string[]
  /** Added to the score, to order equal matches. */
  readonly boost?: number
}

/** The best results, best first. Equal scores keep their order. */
export function best<T extends Candidate>(candidates: readonly T[], typed: string, most: number): readonly T[] {
  return candidates
    .map((candidate, order) => {
      const [name = 0, ...others] = candidate.texts.map((text) => score(text, typed))
      const found = Math.max(name, ...others.map((other) => other * 0.95))
      return { candidate, order, points: found === 0 ? 0 : found + (candidate.boost ?? 0) }
    })
    .filter(({ points }) => points > 0)
    .sort((a, b) => b.points - a.points || a.order - b.order)
    .slice(0, most)
    .map(({ candidate }) => candidate)
}
