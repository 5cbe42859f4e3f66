import { COMMON_PASSWORDS } from './common-passwords.js'

/** Rows of keys and alphabets: who types along them types no password. */
const ROWS = [
  'abcdefghijklmnopqrstuvwxyz',
  'абвгдеёжзийклмнопрстуфхцчшщъыьэюя',
  '01234567890',
  'qwertyuiop[]',
  'asdfghjkl;',
  'zxcvbnm,.',
  'йцукенгшщзхъ',
  'фывапролджэ',
  'ячсмитьбю.',
].flatMap((row) => [row, [...row].reverse().join('')])
/** Shorter runs are in many good passwords. */
const RUN = 3
const NOT_LETTERS = /[^\p{L}]+$/u

/** Nothing but runs along the rows, one after another: `12345678`, `qwerty321`, `asdfzxcv`. */
function isRuns(text: string): boolean {
  let at = 0
  while (at < text.length) {
    let length = 0
    while (at + length < text.length && ROWS.some((row) => row.includes(text.slice(at, at + length + 1)))) length++
    if (length < RUN) return false
    at += length
  }
  return true
}

/** A part of at most four signs, over and over: `aaaaaaaa`, `12121212`. */
const isRepeated = (text: string): boolean => /^(.{1,4})\1+$/u.test(text)

/**
 * Whether a password is among the first that anybody would guess, whatever its case: one of the most frequent, also with digits and signs
 * after it; a repeated part; a run along the keys; a name of the person. Pure.
 */
export function isEasyToGuess(password: string, names: readonly string[] = []): boolean {
  const text = password.normalize('NFKC').toLowerCase()
  const word = text.replace(NOT_LETTERS, '')
  if (COMMON_PASSWORDS.has(text) || COMMON_PASSWORDS.has(word)) return true
  if (isRepeated(text) || isRuns(text)) return true
  return names.some((name) => {
    const own = name.normalize('NFKC').toLowerCase()
    return own !== '' && (text === own || word === own || text === own + own)
  })
}
