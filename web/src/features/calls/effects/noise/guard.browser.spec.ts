import { expect, test } from 'vitest'
import { level, noise } from '../testing/sound.js'
import guardWorklet from './guard.worklet.js?url&no-inline'

/** The guard between a raw sound and that of a suppressor which begins or ends, rendered. */
async function guarded(suppressed: { from: number; to: number }, raw = -26, seconds = 12) {
  const context = new OfflineAudioContext(1, seconds * 48_000, 48_000)
  await context.audioWorklet.addModule(guardWorklet)
  const guard = new AudioWorkletNode(context, 'beseda/guard', { numberOfInputs: 2, outputChannelCount: [1] })
  const said: string[] = []
  guard.port.onmessage = ({ data }) => said.push(data)
  const play = (db: number, input: number, { from, to }: { from: number; to: number }) => {
    const source = new AudioBufferSourceNode(context, { buffer: noise(context, seconds, db) })
    source.connect(guard, 0, input)
    source.start(from)
    source.stop(to)
  }
  play(raw, 0, { from: 0, to: seconds })
  if (suppressed.to > suppressed.from) play(-60, 1, suppressed)
  guard.connect(context.destination)
  const heard = await context.startRendering()
  return { level: (from: number, to: number) => Math.round(level(heard, from, to)), said }
}

test('the raw sound is heard until the suppressor begins', async () => {
  const { level, said } = await guarded({ from: 2, to: 12 })
  expect([level(0, 1.9), level(2.1, 12)]).toEqual([-26, -60])
  expect(said).toEqual(['on'])
})

test('half a second of silence while sound goes in cuts the suppressor out for good', async () => {
  const { level, said } = await guarded({ from: 0, to: 3 })
  expect([level(1, 3), level(3.1, 3.4), level(3.6, 12)]).toEqual([-60, Number.NEGATIVE_INFINITY, -26])
  await expect.poll(() => said).toEqual(['on', 'cut'])
})

test('a suppressor that never begins is given up, and the raw sound is heard all the time', async () => {
  const { level, said } = await guarded({ from: 0, to: 0 })
  expect(level(0, 12)).toBe(-26)
  await expect.poll(() => said).toEqual(['cut'])
})

test('silence is no failure where nobody speaks: the microphone is muted', async () => {
  const { said } = await guarded({ from: 0, to: 1 }, -120)
  await expect.poll(() => said).toEqual(['on'])
})
