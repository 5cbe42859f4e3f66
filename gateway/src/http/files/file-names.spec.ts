import { expect, test } from 'vitest'
import { disposition, shortName } from './file-names.js'

test('a long name keeps its beginning and its extension', () => {
  const short = shortName(`${'😀'.repeat(300)}.tar`)
  expect([...short]).toHaveLength(255)
  expect(short).toMatch(/^😀+\.tar$/u)
  expect([...shortName(`.${'x'.repeat(400)}`)]).toHaveLength(255)
  expect(shortName('100%.txt')).toBe('100%.txt')
})

test.each([
  ['plain.txt', `attachment; filename="plain.txt"; filename*=UTF-8''plain.txt`],
  ['50%20off+1.txt', `attachment; filename="50_20off+1.txt"; filename*=UTF-8''50%2520off%2B1.txt`],
  [`it's "1\\2".txt`, `attachment; filename="it's _1_2_.txt"; filename*=UTF-8''it%27s%20%221%5C2%22.txt`],
  ['отчёт 😀.txt', `attachment; filename="_____ _.txt"; filename*=UTF-8''${encodeURIComponent('отчёт 😀')}.txt`],
  ['a\r\nX: 1', `attachment; filename="a__X: 1"; filename*=UTF-8''a%0D%0AX%3A%201`],
  ['\ud800', `attachment; filename="_"; filename*=UTF-8''%EF%BF%BD`],
])('the header of a file named %j', (name, header) => expect(disposition('attachment', name)).toBe(header))
