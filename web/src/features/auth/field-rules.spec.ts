import { expect, test } from 'vitest'
import { displayNameProblem, newPasswordProblem, usernameProblem } from './field-rules.js'

test.each([
  ['', 'auth.usernameMissing'],
  ['  ', 'auth.usernameMissing'],
  ['ab', 'auth.usernameLength'],
  ['a'.repeat(33), 'auth.usernameLength'],
  ['_ann', 'auth.usernameStart'],
  ['anna smith', 'auth.usernameSigns'],
  ['анна', 'auth.usernameSigns'],
  ['UPPER_Case.Name-7', ''],
  [' ann ', ''],
])('user name "%s": %s', (name, problem) => {
  expect(usernameProblem(name)).toBe(problem)
})

test.each([
  ['', 'auth.passwordMissing'],
  ['1234567', 'auth.passwordShort'],
  ['🐎🐎🐎🐎🐎🐎🐎', 'auth.passwordShort'],
  ['🐎'.repeat(8), ''],
  ['x'.repeat(256), ''],
  ['x'.repeat(257), 'auth.passwordLong'],
])('password "%s": %s', (password, problem) => {
  expect(newPasswordProblem(password)).toBe(problem)
})

test('a display name is not blank', () => {
  expect([displayNameProblem(' '), displayNameProblem('A')]).toEqual(['auth.displayNameMissing', ''])
})
