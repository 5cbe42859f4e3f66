import { expect, test } from 'vitest'
import { formOf } from './form.js'

test('whoever reads forms finds the fields and the bytes of the file', async () => {
  const bytes = Uint8Array.from({ length: 1_000 }, (_, i) => i)
  const { type, body } = formOf({ model: 'tiny.en', language: 'ru' }, bytes)
  const read = await new Response(body, { headers: { 'Content-Type': type } }).formData()
  const file = read.get('file') as File
  expect([read.get('model'), read.get('language'), file.name, file.type]).toEqual([
    'tiny.en',
    'ru',
    'speech.wav',
    'audio/wav',
  ])
  expect(new Uint8Array(await file.arrayBuffer())).toEqual(bytes)
})
