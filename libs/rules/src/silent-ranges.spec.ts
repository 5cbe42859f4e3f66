import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isWithin, silentRanges } from './silent-ranges.js'

/** The text with a sign in place of every silent character. */
const marked = (text: string, open = false): string => {
  const ranges = silentRanges(text, open)
  return [...text].map((sign, i) => (sign !== '\n' && isWithin(ranges, i) ? '·' : sign)).join('')
}

test.each([
  ['a code span', 'a `b` c', 'a ··· c'],
  ['a span of two backticks', 'a ``b ` c`` d', 'a ········· d'],
  ['a backtick without its end', 'a `b c', 'a `b c'],
  ['a backtick behind a backslash', 'a \\`b` c', 'a \\`b` c'],
  ['a span over two lines of a paragraph', 'a `b\nc` d', 'a ··\n·· d'],
  ['no span over two paragraphs', 'a `b\n\nc` d', 'a `b\n\nc` d'],
  ['a fence', 'a\n```ts\nb\n```\nc', 'a\n·····\n·\n···\nc'],
  ['a fence of tildes', '~~~\n```\n~~~\na', '···\n···\n···\na'],
  ['a fence without its end', '```\na\n\nb', '···\n·\n\n·'],
  ['a longer fence', '````\n```\n````\na', '····\n···\n····\na'],
  ['an indented line', 'a\n\n    b\nc', 'a\n\n·····\nc'],
  ['an indented line of a paragraph', 'a\n    b', 'a\n    b'],
  ['a paragraph of a list', '- a\n\n    b', '- a\n\n    b'],
  ['a tab', '\ta', '··'],
  ['a quotation', '> a\nb', '···\nb'],
  ['a comparison', 'a > b', 'a > b'],
])('%s', (_, text, expected) => expect(marked(text)).toBe(expected))

test('while somebody writes, a code span that is not closed yet reaches to the end', () => {
  expect(marked('a `b c', true)).toBe('a ····')
  expect(marked('don`t b', true)).toBe('don`t b')
  expect(marked('a `b` c', true)).toBe('a ··· c')
})

test('ranges are in order, within the text, and do not overlap, whatever the text', () => {
  const text = fc.string({ unit: fc.constantFrom('`', '~', '>', ' ', '\n', '\\', 'a', '-', '\t'), maxLength: 60 })
  fc.assert(
    fc.property(text, fc.boolean(), (written, open) => {
      let end = 0
      for (const range of silentRanges(written, open)) {
        expect(range.start).toBeGreaterThanOrEqual(end)
        expect(range.end).toBeGreaterThanOrEqual(range.start)
        end = range.end
      }
      expect(end).toBeLessThanOrEqual(written.length)
    }),
  )
})
