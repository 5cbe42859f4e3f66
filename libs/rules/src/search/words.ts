import { ACCENTS, plainLetters, UNSEEN } from '../letters.js'

/** Words, emoji, and flags. A skin tone is a sign of its own and is left out. */
const WORD = /[\p{L}\p{N}\p{M}]+|\p{Regional_Indicator}{2}|(?!\p{Emoji_Modifier})\p{Extended_Pictographic}/gu
/**
 * Scripts that are written without spaces, or join words to them (Korean): any part of a run may be a word. Dictionaries would tell which, but they
 * change with the runtime, and with them the index (ADR 58).
 */
const DENSE =
  '\\p{scx=Hani}\\p{scx=Hira}\\p{scx=Kana}\\p{scx=Bopo}\\p{scx=Hang}\\p{scx=Thai}\\p{scx=Laoo}\\p{scx=Khmr}\\p{scx=Mymr}\\p{scx=Tibt}\\p{scx=Java}'
const PART = new RegExp(`[${DENSE}]+|[^${DENSE}]+`, 'gu')
const IS_DENSE = new RegExp(`^[${DENSE}]`, 'u')

/** A part of a word that is written in one kind of script. */
export interface Word {
  readonly text: string
  /** Any part of it may be a word. */
  readonly dense: boolean
}

/** Lower case, without accents and invisible characters, ё as е, ł as l; one form for wide, narrow and joined letters. The й is kept: endings depend on it. */
export function fold(text: string): string {
  const plain = text.normalize('NFKC').toLowerCase().replaceAll('й', '\u0001')
  const bare = plainLetters(plain.normalize('NFD').replace(ACCENTS, '').replace(UNSEEN, ''))
  return bare.normalize('NFC').replaceAll('\u0001', 'й')
}

/** The words of a folded text with their places in it. */
export const placesOf = (folded: string): (Word & { readonly at: number })[] =>
  [...folded.matchAll(WORD)].flatMap(({ 0: word, index }) =>
    [...word.matchAll(PART)].map((part) => ({ text: part[0], dense: IS_DENSE.test(part[0]), at: index + part.index })),
  )

/** The words of a text, folded. */
export const wordsOf = (text: string): Word[] => placesOf(fold(text))

/** All pairs of neighbouring characters, and the last character alone: so that every part of the run is found by beginnings of pairs. */
export function pairsOf(run: string): string[] {
  const signs = [...run]
  return signs.map((sign, i) => sign + (signs[i + 1] ?? ''))
}
