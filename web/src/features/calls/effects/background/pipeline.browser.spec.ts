import { afterEach, expect, test, vi } from 'vitest'
import { green, pictureOf, portrait } from '../testing/camera.js'
import type { Backdrop } from './painter.js'
import { Pipeline, type PipelineParts } from './pipeline.js'
import type { Segmenter } from './segmenter.js'

/**
 * The way of the pictures, with half a picture as the person: the real segmenter keeps a page without a graphics processor busy for longer than
 * the test runner waits for it, and is looked at in e2e/calls/calls-effects.e2e.ts.
 */
const closing: (() => void)[] = []
afterEach(() => {
  for (const close of closing.splice(0)) close()
  vi.restoreAllMocks()
  vi.unstubAllGlobals()
})
/** A clock that stands still: nothing is too slow. */
const STILL = { now: () => 0, after: () => () => undefined }

/** Half of the picture is the person. */
const left = (): Segmenter => {
  const mask = document.createElement('canvas')
  mask.width = 2
  mask.height = 1
  mask.getContext('2d')?.fillRect(0, 0, 1, 1)
  return { mask: async () => mask, close: vi.fn() }
}
async function started(backdrop: Backdrop, parts: Partial<PipelineParts> = {}, onOver = vi.fn()) {
  const camera = await portrait()
  const pipeline = new Pipeline(camera.track, backdrop, onOver, {
    clock: STILL,
    openSegmenter: async () => left(),
    ...parts,
  })
  closing.push(() => {
    pipeline.close()
    camera.track.stop()
    camera.close()
  })
  return { camera, pipeline, onOver, track: await pipeline.begun }
}
const GREEN: Backdrop = (context, { width, height }) => {
  context.fillStyle = 'rgb(0, 255, 0)'
  context.fillRect(0, 0, width, height)
}

test.each([
  ['streams of pictures', []],
  ['a canvas and a worker’s clock', ['MediaStreamTrackProcessor', 'MediaStreamTrackGenerator']],
])('with %s, pictures go on in a page that is hidden, where nothing is drawn on the screen', async (_, missing) => {
  // The spec itself looks through it.
  const { MediaStreamTrackProcessor: look } = globalThis as unknown as { MediaStreamTrackProcessor: unknown }
  for (const name of missing) vi.stubGlobal(name, undefined)
  vi.stubGlobal('requestAnimationFrame', () => 0)
  HTMLVideoElement.prototype.requestVideoFrameCallback = () => 0
  let painted = 0
  const counted: Backdrop = (context, picture) => {
    painted++
    GREEN(context, picture)
  }
  const { track } = await started(counted)
  await expect.poll(() => painted).toBeGreaterThan(5)
  vi.stubGlobal('MediaStreamTrackProcessor', look)
  const picture = await pictureOf(track)
  expect(green(picture, { x: [0.6, 1], y: [0, 1] })).toBeGreaterThan(250)
  expect(green(picture, { x: [0, 0.4], y: [0, 1] })).toBeLessThan(200)
  // Senders scale by it.
  expect(track.getSettings()).toMatchObject({ width: 480, height: 270 })
})

test('a device that manages nine pictures a second for five seconds is too slow', async () => {
  let now = 0
  const segmenter = left()
  const slow: Segmenter = {
    ...segmenter,
    mask: async (picture) => {
      now += 112
      return segmenter.mask(picture)
    },
  }
  const { onOver } = await started(GREEN, {
    clock: { now: () => now, after: () => () => undefined },
    openSegmenter: async () => slow,
  })
  await expect.poll(() => onOver.mock.calls.length).toBeGreaterThan(0)
  expect(onOver).toHaveBeenCalledWith('slow')
  expect(now).toBeGreaterThanOrEqual(5_000)
})

test('a segmenter that fails later ends the background', async () => {
  const segmenter = left()
  let count = 0
  const failing: Segmenter = {
    ...segmenter,
    mask: async (picture) => {
      if (++count === 3) throw new Error('the graphics processor is gone')
      return segmenter.mask(picture)
    },
  }
  const { onOver } = await started(GREEN, { openSegmenter: async () => failing })
  await expect.poll(() => onOver.mock.calls).toEqual([['failed']])
  await expect.poll(() => vi.mocked(segmenter.close).mock.calls.length).toBe(1)
})

test('closed while it begins, it stops all that it has opened', async () => {
  const camera = await portrait()
  const segmenter = left()
  const opening = Promise.withResolvers<Segmenter>()
  const pipeline = new Pipeline(camera.track, GREEN, vi.fn(), { clock: STILL, openSegmenter: () => opening.promise })
  pipeline.close()
  await expect(pipeline.begun).rejects.toThrow('closed')
  opening.resolve(segmenter)
  await expect.poll(() => vi.mocked(segmenter.close).mock.calls.length).toBe(1)
  camera.track.stop()
  camera.close()
})
