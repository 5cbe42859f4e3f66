import { expect, test } from 'vitest'
import { recordingFormatOf } from './recordings.js'

const bytes = (text: string) => Uint8Array.from(text, (one) => one.charCodeAt(0))
const hex = (text: string) => bytes(text.replace(/../g, (pair) => String.fromCharCode(Number.parseInt(pair, 16))))
const mp4 = (brand: string) => bytes(`${' '.repeat(4)}ftyp${brand}`)
/** As muxers write it; the kind of document is the last that is said here. */
const ebml = (kind: string) =>
  new Uint8Array([...hex('1a45dfa39f4286810142f7810142f2810442f381084282'), 0x80 + kind.length, ...bytes(kind)])

test.each<[string, Uint8Array, ReturnType<typeof recordingFormatOf>]>([
  ['a film of Chromium', mp4('isom'), 'mp4'],
  ['a film of Safari', mp4('iso5'), 'mp4'],
  ['sound', mp4('M4A '), 'mp4'],
  ['WebM', ebml('webm'), 'webm'],
  ['Matroska', ebml('matroska'), undefined],
  ['a picture in the same kind of box', mp4('avif'), undefined],
  ['another one', mp4('heic'), undefined],
  ['a QuickTime film', mp4('qt  '), undefined],
  ['a page', bytes('<!doctype html><script>'), undefined],
  ['a page that hides behind something', bytes('    <script>ftypisom'), undefined],
  ['a picture', hex('89504e470d0a1a0a'), undefined],
  ['nothing', new Uint8Array(), undefined],
  ['the first bytes alone', hex('1a45dfa3'), undefined],
])('%s', (_, file, format) => {
  expect(recordingFormatOf(file)).toBe(format)
})
