import { expect, test } from 'vitest'
import { anyCodeProblem, codeProblem } from './code-problem.js'

test.each([
  ['123456', ''],
  [' 123 456 ', ''],
  ['123-456', ''],
  ['12345', 'factor.sixDigits'],
  ['1234567', 'factor.sixDigits'],
  ['12345a', 'factor.sixDigits'],
  ['', 'factor.sixDigits'],
])('a code of the app is six digits, however they are typed: "%s"', (text, problem) => {
  expect(codeProblem(text)).toBe(problem)
})

test('where a recovery code is welcome, anything may be one', () => {
  expect(['123 456', 'abcd-efgh-ijkl-mnop', ' '].map(anyCodeProblem)).toEqual(['', '', 'factor.codeMissing'])
})
