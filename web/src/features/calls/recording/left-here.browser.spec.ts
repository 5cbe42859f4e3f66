import { expect, test } from 'vitest'
import { RECORDINGS_DATABASE, TRANSCRIPTS_DATABASE } from '../../auth/own-backgrounds.js'
import { send } from './left-here.js'

function device(recordings: () => Promise<void>, ...names: string[]) {
  const done: string[] = []
  const parts = {
    databases: async () => names.map((name) => ({ name })),
    recordings: () => {
      done.push('recordings')
      return recordings()
    },
    transcripts: async () => void done.push('transcripts'),
  }
  return { done, parts }
}
const endless = () => new Promise<void>(() => undefined)

test('a device that has made neither does nothing', async () => {
  const { done, parts } = device(endless, 'beseda')
  await send(parts)
  expect(done).toEqual([])
})

test('what was left of a transcript waits for no recording that the server does not take', async () => {
  const { done, parts } = device(endless, RECORDINGS_DATABASE, TRANSCRIPTS_DATABASE)
  void send(parts)
  await expect.poll(() => done).toEqual(['recordings', 'transcripts'])
})

test('nor for one that fails', async () => {
  const fails = () => Promise.reject(new Error('storage is blocked'))
  const { done, parts } = device(fails, RECORDINGS_DATABASE, TRANSCRIPTS_DATABASE)
  await send(parts)
  expect(done).toEqual(['recordings', 'transcripts'])
})

test('a device that has kept a transcript need not have recorded anything', async () => {
  const { done, parts } = device(endless, TRANSCRIPTS_DATABASE)
  await send(parts)
  expect(done).toEqual(['transcripts'])
})
