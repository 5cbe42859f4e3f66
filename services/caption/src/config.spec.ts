import { expect, test } from 'vitest'
import { readCaptionConfig } from './config.js'

const CAPTION_URL = 'http://whisper:8000/v1/audio/transcriptions'

test('one piece at a time, without a key, unless the operator says otherwise', () => {
  const plain = readCaptionConfig({ CAPTION_URL })
  expect([plain.url.href, plain.model, plain.key, plain.parallel]).toEqual([CAPTION_URL, 'whisper-1', undefined, 1])
  const env = { CAPTION_URL, CAPTION_MODEL: 'base', CAPTION_KEY: 'secret', CAPTION_PARALLEL: '4' }
  const set = readCaptionConfig(env)
  expect([set.model, set.key, set.parallel]).toEqual(['base', 'secret', 4])
})

test.each<[string, Record<string, string>, string]>([
  ['no address', {}, 'CAPTION_URL is not set'],
  ['no HTTP', { CAPTION_URL: 'ftp://whisper/?key=secret' }, 'CAPTION_URL must be an address'],
  ['none at all', { CAPTION_URL, CAPTION_PARALLEL: '0' }, 'CAPTION_PARALLEL must be a number'],
  ['half a piece', { CAPTION_URL, CAPTION_PARALLEL: '1.5' }, 'CAPTION_PARALLEL must be a number'],
])('refuses %s in a sentence, without secrets', (_, env, sentence) => {
  expect(() => readCaptionConfig(env)).toThrow(sentence)
  expect(() => readCaptionConfig(env)).not.toThrow('secret')
})
