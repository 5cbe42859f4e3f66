import { expect, test } from 'vitest'
import { transcriptName, transcriptText } from './transcript.js'

test('a transcript says when who said what', () => {
  const line = { key: 1, userId: 'ann', at: Date.UTC(2026, 10, 30, 4, 55), text: 'Привет.', language: 'ru' }
  const timeOf = (at: number) => new Date(at).toISOString().slice(11, 16)
  expect(transcriptText([line], 'Transcript', (id) => id.toUpperCase(), timeOf)).toBe(
    'Transcript\n\n[04:55] ANN: Привет.\n',
  )
  expect(transcriptName(line.at)).toBe('transcript-2026-11-30-0455-utc.txt')
})
