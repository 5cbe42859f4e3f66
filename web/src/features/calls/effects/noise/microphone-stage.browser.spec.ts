import { RnnoiseWorkletNode } from '@sapphi-red/web-noise-suppressor'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { nextTick } from 'vue'
import { OwnMedia } from '../../media/own-media.js'
import { chosenEffects, type Noise } from '../choice.js'
import { ChosenEffects } from '../chosen-effects.js'
import { noisyMicrophone } from '../testing/sound.js'
import { watched } from '../testing/watched.js'
import { effectTrouble } from '../trouble.js'

/** The person's microphone with the suppressors, in a real Chromium whose fake microphone beeps. */
const open: OwnMedia[] = []
let seen: ReturnType<typeof watched>
beforeEach(() => {
  seen = watched()
  effectTrouble.value = undefined
  choose('off')
})
afterEach(() => {
  for (const media of open.splice(0)) media.close()
  seen.restore()
  vi.restoreAllMocks()
})
function choose(noise: Noise): void {
  chosenEffects.value = { ...chosenEffects.value, noise }
}
/** `sent`: what others get, in order. */
function mine() {
  const media = new OwnMedia({ microphone: '', camera: '' }, new ChosenEffects())
  const sent: (MediaStreamTrack | null)[] = []
  media.events = { onTrack: (_, track) => sent.push(track) }
  open.push(media)
  return { media, sent, output: () => media.track('microphone') as MediaStreamTrack }
}
const isProcessed = (track: MediaStreamTrack) => track.label.includes('MediaStreamAudioDestinationNode')

test.each(['strong', 'strongest'] as const)(
  '%s: the raw microphone is sent at once, and the processed one as soon as it gives sound',
  async (noise) => {
    choose(noise)
    const { media, sent, output } = mine()
    await media.openMicrophone()
    const raw = output()
    expect(isProcessed(raw)).toBe(false)
    await expect.poll(() => isProcessed(output())).toBe(true)
    expect(sent).toEqual([raw, output()])
    // The browser's own suppressor is off meanwhile.
    expect(seen.wishes).toEqual([
      { audio: expect.objectContaining({ noiseSuppression: false, echoCancellation: true }) },
    ])
    const processed = output()
    media.close()
    expect([raw.readyState, processed.readyState]).toEqual(['ended', 'ended'])
    await expect.poll(() => seen.running()).toBe(0)
  },
)

test('muted before, the processed microphone is muted after', async () => {
  choose('strong')
  const { media, output } = mine()
  await media.openMicrophone()
  await expect.poll(() => isProcessed(output())).toBe(true)
  media.setMicrophone(false)
  expect(output().enabled).toBe(false)
  await media.choose('microphone', 'another one')
  expect(output().enabled).toBe(false)
  media.setMicrophone(true)
  await expect.poll(() => isProcessed(output()) && output().enabled).toBe(true)
})

test('another microphone goes through the suppressor, too', async () => {
  choose('strong')
  const { media, output } = mine()
  await media.openMicrophone()
  await expect.poll(() => isProcessed(output())).toBe(true)
  const before = output()
  await media.choose('microphone', 'another one')
  await expect.poll(() => isProcessed(output()) && output() !== before).toBe(true)
  expect([before.readyState, seen.live()]).toEqual(['ended', 1])
})

test('ten switches leave one track and one context', async () => {
  const { media, sent, output } = mine()
  await media.openMicrophone()
  for (const noise of [
    'strong',
    'off',
    'strongest',
    'browser',
    'strong',
    'strongest',
    'off',
    'strong',
    'browser',
    'strong',
  ] as const) {
    const count = seen.wishes.length
    choose(noise)
    await expect.poll(() => seen.wishes.length).toBe(count + 1)
    // Some are switched before the suppressor has begun.
    if (noise !== 'strongest') await expect.poll(() => seen.live()).toBe(1)
    if (noise === 'strong') await expect.poll(() => isProcessed(output())).toBe(true)
  }
  // One for silent placeholders, one for the suppressor.
  await expect.poll(() => [seen.live(), seen.running()]).toEqual([1, 2])
  // The last microphone, and what the suppressor makes of it.
  expect(new Set(sent.filter((track) => track?.readyState === 'live')).size).toBe(2)
  media.close()
  await expect.poll(() => [seen.live(), seen.running()]).toEqual([0, 0])
})

test.each([
  ['is not there', () => new Response('not found\n', { status: 404 })],
  ['is something else', () => new Response('<!doctype html>')],
])(
  'when the program %s, the raw microphone stays, the choice is the browser’s own, and the person is told',
  async (_, answer) => {
    vi.spyOn(globalThis, 'fetch').mockImplementation(async () => answer())
    choose('strong')
    const { media, sent, output } = mine()
    await media.openMicrophone()
    expect(isProcessed(output())).toBe(false)
    await expect.poll(() => [effectTrouble.value, chosenEffects.value.noise]).toEqual(['noise', 'browser'])
    await nextTick()
    await expect.poll(() => seen.wishes.at(-1)).toMatchObject({ audio: { noiseSuppression: true } })
    await expect.poll(() => [seen.live(), seen.running()]).toEqual([1, 1])
    expect(sent.every((track) => track && !isProcessed(track))).toBe(true)
  },
)

test('a suppressor that falls silent is cut out, and the person is told', async () => {
  const noisy = noisyMicrophone()
  const given: MediaStreamTrack[] = []
  vi.spyOn(navigator.mediaDevices, 'getUserMedia').mockImplementation(async () => {
    const stream = noisy.stream.clone()
    given.push(...stream.getTracks())
    return stream
  })
  const connected = vi.spyOn(AudioNode.prototype, 'connect')
  choose('strong')
  const { media, sent, output } = mine()
  await media.openMicrophone()
  // This microphone is a sound of the page, too: its label does not tell.
  await expect.poll(() => sent.length).toBe(2)
  const processed = output()
  const suppressor = connected.mock.contexts.find((node) => node instanceof RnnoiseWorkletNode) as RnnoiseWorkletNode
  suppressor.disconnect()
  // The raw sound at once; then the microphone anew, with the browser's own suppressor.
  await expect.poll(() => [effectTrouble.value, given.length]).toEqual(['noise', 2])
  await expect.poll(output).toBe(given[1])
  expect(sent).toEqual([given[0], processed, given[0], given[1]])
  noisy.close()
})

test('while the browser holds back the sound of the page, the raw microphone is sent', async () => {
  choose('strong')
  const { media, output } = mine()
  await media.openMicrophone()
  await expect.poll(() => isProcessed(output())).toBe(true)
  const context = seen.last()
  await context.suspend()
  await expect.poll(() => isProcessed(output())).toBe(false)
  await context.resume()
  await expect.poll(() => isProcessed(output())).toBe(true)
})
