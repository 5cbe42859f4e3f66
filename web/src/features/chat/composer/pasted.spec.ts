import { expect, test } from 'vitest'
import { pastedFiles } from './pasted.js'

const clipboard = (text: string, ...names: string[]) => ({
  files: names.map((name) => new File(['x'], name)) as unknown as FileList,
  getData: (type: string) => (type === 'text/plain' ? text : ''),
})
const names = (data: ReturnType<typeof clipboard>) => pastedFiles(data).map(({ name }) => name)

test.each([
  ['cells of a spreadsheet', 'a\tb\n1\t2'],
  ['a paragraph of a word processor', 'It was a dark night.'],
])('%s, with a picture of themselves, are text', (_, text) => expect(names(clipboard(text, 'image.png'))).toEqual([]))

test.each([
  ['a picture alone', ''],
  ['a picture beside white space', ' \r\n'],
])('%s is a file', (_, text) => expect(names(clipboard(text, 'image.png'))).toEqual(['image.png']))

test('files of a file manager are files, with their names beside them', () => {
  expect(names(clipboard('a.txt\nb.txt', 'a.txt', 'b.txt'))).toEqual(['a.txt', 'b.txt'])
  expect(names(clipboard('/home/ann/a.txt', 'a.txt'))).toEqual(['a.txt'])
  expect(names(clipboard('file:///home/ann/%D0%B0.txt', 'а.txt'))).toEqual(['а.txt'])
})

test('text alone has no files', () => expect(names(clipboard('hello'))).toEqual([]))
