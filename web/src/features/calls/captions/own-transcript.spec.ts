import { expect, test } from 'vitest'
import { TestClock } from '../../../time/test-clock.js'
import { CaptionExchange } from './exchange.js'
import { OwnTranscript } from './own-transcript.js'

function bench() {
  const asides = { say: () => undefined, listen: () => undefined }
  const exchange = new CaptionExchange({
    me: { userId: 'ann', deviceId: 'ann-1' },
    clock: new TestClock(),
    asides,
  })
  const world = { fails: false, posted: [] as string[][] }
  const transcript = new OwnTranscript(exchange, async (lines) => {
    if (world.fails) throw new Error('no room')
    world.posted.push(lines.map(({ text }) => text))
  })
  return { exchange, world, transcript, say: (text: string) => exchange.say({ text, language: 'en' }) }
}

test('a transcript is posted once, and is gone then', async () => {
  const { exchange, world, transcript, say } = bench()
  await transcript.end()
  transcript.begin()
  say('one')
  exchange.setWants(false)
  say('two')
  expect(transcript.exists).toBe(true)
  await Promise.all([transcript.end(), transcript.end()])
  say('three')
  await transcript.end()
  expect([world.posted, transcript.exists]).toEqual([[['one', 'two']], false])
})

test('one that could not be posted is there still, and gets no longer', async () => {
  const { exchange, world, transcript, say } = bench()
  transcript.begin()
  say('one')
  world.fails = true
  await expect(transcript.end()).rejects.toThrow('no room')
  say('two')
  expect([transcript.exists, transcript.posting.value, exchange.snapshot.value.own.keeps]).toEqual([true, false, false])
  world.fails = false
  await transcript.end()
  expect([world.posted, transcript.exists]).toEqual([[['one']], false])
})
