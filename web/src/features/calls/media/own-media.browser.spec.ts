import { afterEach, expect, test, vi } from 'vitest'
import type { Slot } from '../engine/media-state.js'
import { OwnMedia } from './own-media.js'

/** The person's media with the fake devices of a real Chromium. */
const open: OwnMedia[] = []
afterEach(() => {
  for (const media of open.splice(0)) media.close()
  vi.restoreAllMocks()
})

function mine(microphone = '') {
  const media = new OwnMedia({ microphone, camera: '' })
  const sent: string[] = []
  media.events = { onTrack: (slot, track) => sent.push(`${slot} ${track ? 'on' : 'off'}`) }
  open.push(media)
  return { media, sent }
}
/** A track ends by itself when its device is unplugged; scripts cannot pull a plug, the event is the same. */
function unplug(media: OwnMedia, slot: Slot): MediaStreamTrack {
  const track = media.track(slot) as MediaStreamTrack
  track.stop()
  track.dispatchEvent(new Event('ended'))
  return track
}

test('an unplugged microphone is replaced by another one', async () => {
  const { media, sent } = mine()
  await media.openMicrophone()
  const before = unplug(media, 'microphone')
  await expect.poll(() => sent).toEqual(['microphone on', 'microphone off', 'microphone on'])
  expect(media.track('microphone')).not.toBe(before)
  expect(media.track('microphone')?.readyState).toBe('live')
})

test('muted before, it is muted after', async () => {
  const { media, sent } = mine()
  media.setMicrophone(false)
  await media.openMicrophone()
  unplug(media, 'microphone')
  await expect.poll(() => sent.length).toBe(3)
  expect(media.track('microphone')?.enabled).toBe(false)
})

test('after the last microphone is unplugged, the person stays in the call in silence', async () => {
  const { media, sent } = mine()
  await media.openMicrophone()
  vi.spyOn(navigator.mediaDevices, 'getUserMedia').mockRejectedValue(new DOMException('none', 'NotFoundError'))
  unplug(media, 'microphone')
  await expect.poll(() => sent).toEqual(['microphone on', 'microphone off'])
  expect([media.works('microphone'), media.troubleOf('microphone')]).toEqual([false, 'missing'])
})

test('an unplugged camera is off: another one would be a surprise', async () => {
  const { media, sent } = mine()
  await media.setCamera(true)
  unplug(media, 'camera')
  await expect.poll(() => sent).toEqual(['camera on', 'camera off'])
  await media.setCamera(true)
  expect(media.track('camera')?.readyState).toBe('live')
})

test('a microphone that no longer exists is replaced by the system’s default', async () => {
  const { media } = mine('a microphone of yesterday')
  await media.openMicrophone()
  expect(media.track('microphone')?.readyState).toBe('live')
})

test('media that the browser grants after the call is over are closed at once', async () => {
  const { media, sent } = mine()
  const tracks: MediaStreamTrack[] = []
  const real = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices)
  vi.spyOn(navigator.mediaDevices, 'getUserMedia').mockImplementation(async (constraints) => {
    const stream = await real(constraints)
    tracks.push(...stream.getTracks())
    return stream
  })
  const opening = Promise.all([media.openMicrophone(), media.setCamera(true)])
  media.close()
  await opening
  expect(tracks.map(({ readyState }) => readyState)).toEqual(['ended', 'ended'])
  expect(sent).toEqual([])
})
