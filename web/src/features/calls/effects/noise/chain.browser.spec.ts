import { afterEach, expect, test, vi } from 'vitest'
import { joined, level, noise } from '../testing/sound.js'
import speechUrl from '../testing/speech.wav?url'
import { chainBehind, RATE } from './chain.js'

/** The suppressors in a real Chromium, on sound that is rendered and not played: no clock decides. */
afterEach(() => vi.restoreAllMocks())

const STRENGTHS = ['strong', 'strongest'] as const
type Strength = (typeof STRENGTHS)[number]

/** How long the suppressor may take to begin, in seconds of sound. */
const LEAD_S = 8
/** The suppressors begin between these: the worklet compiles them while rendering waits. */
const STEP_S = 0.1

/** Renders a sound behind a suppressor that has begun: without the lead, during which it begins. */
async function suppressed(strength: Strength, lead: number, make: (context: BaseAudioContext) => Promise<AudioBuffer>) {
  const sizes = new OfflineAudioContext(1, 1, RATE)
  const sound = await make(sizes)
  const whole = joined(sizes, noise(sizes, LEAD_S, lead), sound)
  const context = new OfflineAudioContext(1, whole.length, RATE)
  const source = new AudioBufferSourceNode(context, { buffer: whole })
  let begun = false
  const cut = vi.fn()
  const chain = await chainBehind(source, strength, {
    begun: () => {
      begun = true
    },
    cut,
  })
  chain.output.connect(context.destination)
  source.start()
  for (let at = STEP_S; at < LEAD_S; at += STEP_S)
    void context.suspend(at).then(async () => {
      // Lets the worklet compile; what is waited for is that it has begun.
      if (!begun) await new Promise((resolve) => setTimeout(resolve, 200))
      await context.resume()
    })
  const rendered = await context.startRendering()
  expect([begun, cut.mock.calls]).toEqual([true, []])
  const after = sizes.createBuffer(1, sound.length, RATE)
  after.copyToChannel(rendered.getChannelData(0).subarray(whole.length - sound.length), 0)
  return { before: sound, after }
}

test.each(STRENGTHS)('%s: noise at -26 dBFS comes out at least 12 dB lower', async (strength) => {
  const { before, after } = await suppressed(strength, -26, async (context) => noise(context, 10, -26))
  expect(level(before)).toBeCloseTo(-26, 1)
  expect(level(after)).toBeLessThan(-26 - 12)
})

test.each(STRENGTHS)('%s: a voice stays within 3 dB', async (strength) => {
  const speech = await (await fetch(speechUrl)).arrayBuffer()
  const { before, after } = await suppressed(strength, -70, (context) => context.decodeAudioData(speech))
  expect(Math.abs(level(after) - level(before))).toBeLessThan(3)
})
