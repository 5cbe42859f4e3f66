import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { OwnMedia } from '../../media/own-media.js'
import { type Background, chosenEffects } from '../choice.js'
import { ChosenEffects } from '../chosen-effects.js'
import { watched } from '../testing/watched.js'
import { effectTrouble } from '../trouble.js'
import { CameraStage } from './camera-stage.js'
import type { Backdrop } from './painter.js'
import { Pipeline, type WhyOver } from './pipeline.js'

/** The person's camera with backgrounds: which track others get, and when. */
const open: { close(): void }[] = []
let seen: ReturnType<typeof watched>
beforeEach(() => {
  seen = watched()
  effectTrouble.value = undefined
  choose('none')
})
afterEach(() => {
  for (const one of open.splice(0)) one.close()
  choose('none')
  seen.restore()
  vi.restoreAllMocks()
})
const choose = (background: Background): void => {
  chosenEffects.value = { ...chosenEffects.value, background }
}
async function camera(): Promise<MediaStreamTrack> {
  const [track] = (await navigator.mediaDevices.getUserMedia({ video: true })).getTracks()
  return track as MediaStreamTrack
}
/** Pipelines that paint everything behind nobody, and are over when a test says so. */
function painting() {
  const pipelines: { pipeline: Pipeline; over: (why: WhyOver) => void; closed: () => boolean }[] = []
  const mask = document.createElement('canvas')
  const load = async () => ({
    backdropOf: async () => () => undefined,
    openPipeline: (raw: MediaStreamTrack, backdrop: Backdrop, over: (why: WhyOver) => void) => {
      const close = vi.fn()
      const pipeline = new Pipeline(raw, backdrop, over, {
        clock: { now: () => 0, after: () => () => undefined },
        openSegmenter: async () => ({ mask: async () => mask, close }),
      })
      pipelines.push({ pipeline, over, closed: () => close.mock.calls.length > 0 })
      return pipeline
    },
  })
  return { pipelines, load }
}
async function staged(background: Background, { load } = painting()) {
  const raw = await camera()
  const events = { onOutput: vi.fn(), onGivenUp: vi.fn(), onComing: vi.fn() }
  const stage = new CameraStage(raw, background, events, load)
  open.push(stage)
  return { raw, stage, events }
}

test('with a background, nothing of the room is sent before the first painted picture', async () => {
  const { raw, stage } = await staged('blur')
  await stage.ready
  expect(stage.output).not.toBe(raw)
  stage.close()
  expect([raw.readyState, stage.output.readyState]).toEqual(['ended', 'ended'])
})

test('while the camera is on, a background begins with its first picture, another one changes no track, and off is the camera', async () => {
  const { raw, stage, events } = await staged('none')
  await stage.ready
  expect(stage.output).toBe(raw)
  stage.change('blur')
  await expect.poll(() => stage.output !== raw).toBe(true)
  const processed = stage.output
  stage.change('shipped:dusk')
  stage.change('blur-strong')
  await expect.poll(() => events.onOutput.mock.calls.length).toBe(1)
  expect(stage.output).toBe(processed)
  stage.change('none')
  expect([stage.output, processed.readyState, raw.readyState]).toEqual([raw, 'ended', 'live'])
})

test('off and on again while it begins, it begins once more', async () => {
  const made = painting()
  const { raw, stage, events } = await staged('blur', made)
  await expect.poll(() => made.pipelines.length).toBe(1)
  stage.change('none')
  stage.change('blur')
  await expect.poll(() => stage.output !== raw).toBe(true)
  expect(events.onGivenUp).not.toHaveBeenCalled()
})

test('switched off while it is loaded, the camera is shown at once', async () => {
  const never = new Promise<never>(() => undefined)
  const { raw, stage } = await staged('blur', { pipelines: [], load: () => never })
  stage.change('none')
  await stage.ready
  expect(stage.output).toBe(raw)
})

test.each(['slow', 'failed'] as const)('a background that is %s gives way to the camera, and says so', async (why) => {
  const made = painting()
  const { raw, stage, events } = await staged('blur', made)
  await stage.ready
  const processed = stage.output
  made.pipelines[0]?.over(why)
  expect([stage.output, processed.readyState, events.onGivenUp.mock.calls]).toEqual([raw, 'ended', [[why]]])
})

test('ten switches leave one track, and close every segmenter', async () => {
  const made = painting()
  const { raw, stage } = await staged('none', made)
  const outputs = new Set<MediaStreamTrack>()
  for (let i = 0; i < 10; i++) {
    stage.change(i % 2 === 0 ? 'blur' : 'none')
    // Some are switched off before they have begun.
    if (i % 3 === 0) await expect.poll(() => stage.output !== raw).toBe(i % 2 === 0)
    outputs.add(stage.output)
  }
  stage.change('none')
  await expect.poll(() => made.pipelines.every(({ closed }) => closed())).toBe(true)
  outputs.delete(raw)
  expect([...outputs].filter(({ readyState }) => readyState === 'live')).toEqual([])
  expect([stage.output, seen.live()]).toEqual([raw, 1])
})

test('a segmenter that is not on the server leaves the camera as it is, and the choice and the person are told', async () => {
  vi.spyOn(globalThis, 'fetch').mockImplementation(async () => new Response('not found\n', { status: 404 }))
  choose('blur')
  const media = new OwnMedia({ microphone: '', camera: '' }, new ChosenEffects())
  open.push(media)
  await media.setCamera(true)
  expect([media.works('camera'), effectTrouble.value, chosenEffects.value.background]).toEqual([
    true,
    'backgroundFailed',
    'none',
  ])
})

test('a camera that is switched off while its background is loaded goes out at once', async () => {
  vi.spyOn(globalThis, 'fetch').mockImplementation(() => new Promise(() => undefined))
  choose('blur')
  const media = new OwnMedia({ microphone: '', camera: '' }, new ChosenEffects())
  open.push(media)
  const opening = media.setCamera(true)
  await expect.poll(() => seen.live()).toBe(1)
  await media.setCamera(false)
  await opening
  expect([seen.live(), media.track('camera')]).toEqual([0, null])
})

test('another camera has the background, too', async () => {
  const made = painting()
  const effects = new ChosenEffects(made.load)
  choose('blur')
  const media = new OwnMedia({ microphone: '', camera: '' }, effects)
  open.push(media)
  await media.setCamera(true)
  await media.choose('camera', 'another one')
  expect([made.pipelines.length, seen.live()]).toEqual([2, 1])
  expect(media.track('camera')).toBe(await made.pipelines[1]?.pipeline.begun)
})
