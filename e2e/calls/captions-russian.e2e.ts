import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { RUSSIAN, RUSSIAN_TEXTS } from '../../tools/models/sentences.mjs'
import { missingFor, startWhisper, wordErrors } from '../support/whisper.js'

/** What is said in a recording. A plus stands before the vowel that is stressed. */
function textOf(recording: string): string {
  const name = recording.replace('.wav', '')
  const line = readFileSync(RUSSIAN_TEXTS, 'utf8')
    .split('\n')
    .find((one) => one.includes(name))
  return (/"(.*)"/.exec(line ?? '')?.[1] ?? '').replaceAll('+', '')
}

/** Ё is written as Е in most books. */
const plain = (text: string) => text.replaceAll('ё', 'е').replaceAll('Ё', 'Е')

test('20 recorded Russian sentences are read with at most 30 % of the words wrong, by the engine as captions ask it', async ({
  skip,
}) => {
  const [missing] = missingFor('base', RUSSIAN_TEXTS)
  skip(missing !== undefined, `no Russian speech recogniser is here (npm run models): ${missing} is missing`)
  const whisper = await startWhisper('base')
  try {
    const [said, heard]: [string[], string[]] = [[], []]
    const recordings = readdirSync(RUSSIAN).filter((name) => name.endsWith('.wav'))
    expect(recordings).toHaveLength(20)
    for (const recording of recordings) {
      const form = new FormData()
      form.set('file', new Blob([readFileSync(join(RUSSIAN, recording))]), 'speech.wav')
      form.set('language', 'ru')
      const answer = await fetch(whisper.url, { method: 'POST', body: form })
      said.push(plain(textOf(recording)))
      heard.push(plain(((await answer.json()) as { text: string }).text))
    }
    expect(said.every((text) => text.length > 10)).toBe(true)
    const errors = wordErrors(said.join(' '), heard.join(' '))
    console.log(`Captions, Russian: ${(errors * 100).toFixed(1)} % of the words are wrong.`)
    expect(errors).toBeLessThanOrEqual(0.3)
  } finally {
    whisper.stop()
  }
})
