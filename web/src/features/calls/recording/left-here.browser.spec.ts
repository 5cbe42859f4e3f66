import { expect, test } from 'vitest'
import { transcriptStore } from '../captions/transcript-store.js'
import { send } from './left-here.js'
import { pieceStore } from './piece-store.js'

test('what was left of a transcript waits for no recording, and for none that fails; a device without either does nothing', async () => {
  const done: string[] = []
  const parts = (recordings: () => Promise<void>) => ({ recordings, transcripts: async () => void done.push('posted') })
  const endless = parts(() => new Promise<void>(() => done.push('tried')))
  await send(endless)
  expect(done).toEqual([])
  await pieceStore.recordings()
  void send(endless)
  await expect.poll(() => done).toEqual(['tried'])
  await transcriptStore.transcripts()
  void send(endless)
  await expect.poll(() => done).toEqual(['tried', 'tried', 'posted'])
  await send(parts(() => Promise.reject(new Error('storage is blocked'))))
  expect(done.at(-1)).toBe('posted')
  expect(done).toHaveLength(4)
})
