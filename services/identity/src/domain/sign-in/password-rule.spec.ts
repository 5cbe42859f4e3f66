import { describe, expect, test } from 'vitest'
import { COMMON_PASSWORDS } from './common-passwords.js'
import { isEasyToGuess } from './password-rule.js'

describe('easy to guess is', () => {
  test.each([
    ['the digits in order', '12345678'],
    ['the digits from the end', '0987654321'],
    ['a common word', 'password'],
    ['a common word in other case', 'PassWord'],
    ['a common word in wide letters', 'ｐａｓｓｗｏｒｄ'],
    ['a common word with digits and signs after it', 'Iloveyou2026!'],
    ['a row of keys', 'qwertyuiop'],
    ['a row of Russian keys', 'йцукенгш'],
    ['the alphabet', 'abcdefgh'],
    ['parts of rows', 'qwe123asd'],
    ['one sign repeated', '????????'],
    ['a short part repeated', 'Ab1!Ab1!Ab1!'],
  ])('%s', (_, password) => {
    expect(isEasyToGuess(password)).toBe(true)
  })

  test.each(['ann.smith', 'ANN.SMITH', 'ann.smithann.smith', 'ann.smith1984', 'Анна Смирнова'])(
    'a name of the person: %s',
    (password) => {
      expect(isEasyToGuess(password, ['ann.smith', 'Анна Смирнова'])).toBe(true)
      expect(isEasyToGuess(password, ['bob', ''])).toBe(false)
    },
  )
})

test.each(['correct horse', 'beseda-demo', 'tr0ub4dor&3', 'мама мыла раму', 'abcHorse123x', 'xkq7 fj2'])(
  'not easy to guess: %s',
  (password) => {
    expect(isEasyToGuess(password, ['ann', 'Ann Smith'])).toBe(false)
  },
)

test('the list is whole', () => {
  expect(COMMON_PASSWORDS.size).toBe(10_000)
  for (const one of COMMON_PASSWORDS) expect(one).toMatch(/^[!-~]{8,}$/)
})
