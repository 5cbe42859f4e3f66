import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { brotliCompressSync, brotliDecompressSync } from 'node:zlib'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { readStaticFiles } from './static-files.js'

const TEXT = 'export const words = "again and again and again and again and again"\n'
let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'beseda-site-'))
})
afterEach(() => rmSync(folder, { recursive: true }))
const write = (name: string, body: string | Buffer) => writeFileSync(join(folder, name), body)
const scriptNow = () => readStaticFiles(folder).get('/a.js')

test('a text is sent as the build has compressed it; the compressed file has no address of its own', () => {
  const asBuilt = brotliCompressSync(TEXT)
  write('a.js', TEXT)
  write('a.js.br', asBuilt)
  expect([...readStaticFiles(folder).keys()]).toEqual(['/a.js'])
  expect(scriptNow()?.brotli).toEqual(asBuilt)
})

test('a program of WebAssembly is sent compressed, and as what it is: browsers compile it while it arrives', () => {
  write('a.wasm', TEXT)
  const [program] = readStaticFiles(folder).values()
  expect([program?.contentType, brotliDecompressSync(program?.brotli ?? Buffer.alloc(0)).toString()]).toEqual([
    'application/wasm',
    TEXT,
  ])
})

test.each([
  ['missing', undefined],
  ['of another text', brotliCompressSync('export const words = "before"\n')],
  ['cut short', brotliCompressSync(TEXT).subarray(0, 10)],
])('one that is %s is compressed at the start', (_, beside) => {
  write('a.js', TEXT)
  if (beside) write('a.js.br', beside)
  expect(brotliDecompressSync(scriptNow()?.brotli ?? Buffer.alloc(0)).toString()).toBe(TEXT)
})

test('what compression does not make smaller is sent as it is', () => {
  write('a.js', 'x')
  write('a.woff2', TEXT)
  expect([...readStaticFiles(folder).values()].map(({ brotli }) => brotli)).toEqual([undefined, undefined])
})
