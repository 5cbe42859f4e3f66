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

test('a microphone that ends as soon as it is opened is in use elsewhere: it is not opened without end', async () => {
  const { media } = mine()
  await media.openMicrophone()
  const ended = unplug(media, 'microphone')
  const opening = vi.spyOn(navigator.mediaDevices, 'getUserMedia').mockResolvedValue(new MediaStream([ended]))
  await expect.poll(() => media.works('microphone')).toBe(true)
  unplug(media, 'microphone')
  await expect.poll(() => media.troubleOf('microphone')).toBe('busy')
  expect(opening).toHaveBeenCalledOnce()
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

/** The system's own choice is taken by another program; any other one works. */
function busyDefault() {
  const real = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices)
  const wished = (one: unknown) => (one as { deviceId?: { ideal?: string } } | undefined)?.deviceId?.ideal ?? ''
  return vi.spyOn(navigator.mediaDevices, 'getUserMedia').mockImplementation(async (wish) => {
    if (wished(wish?.audio) || wished(wish?.video)) return real(wish)
    throw new DOMException('Could not start source', 'NotReadableError')
  })
}

test.each(['microphone', 'camera'] as const)(
  'choosing another %s opens it when the first one failed',
  async (device) => {
    const { media } = mine()
    const asked = busyDefault()
    const first = device === 'microphone' ? media.openMicrophone() : media.setCamera(true)
    await expect(first).rejects.toThrow()
    expect([media.works(device), media.troubleOf(device)]).toEqual([false, 'busy'])
    await media.choose(device, 'another one')
    expect(asked).toHaveBeenCalledTimes(2)
    expect([media.works(device), media.troubleOf(device)]).toEqual([true, undefined])
  },
)

test('a chosen camera is not opened while the person is not to be seen', async () => {
  const { media, sent } = mine()
  await media.choose('camera', 'another one')
  expect(sent).toEqual([])
})

test('when the chosen device fails, the one in use stays', async () => {
  const { media } = mine()
  await media.openMicrophone()
  const before = media.track('microphone')
  vi.spyOn(navigator.mediaDevices, 'getUserMedia').mockRejectedValue(new DOMException('taken', 'NotReadableError'))
  await expect(media.choose('microphone', 'another one')).rejects.toThrow('taken')
  expect([media.track('microphone'), media.troubleOf('microphone')]).toEqual([before, undefined])
})

test('of two choices made quickly the last one is in use, whichever opens first', async () => {
  const { media } = mine()
  const real = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices)
  const opened: MediaStreamTrack[] = []
  const slow = Promise.withResolvers<void>()
  vi.spyOn(navigator.mediaDevices, 'getUserMedia').mockImplementation(async (wish) => {
    const stream = await real(wish)
    opened.push(...stream.getTracks())
    if (opened.length === 1) await slow.promise
    return stream
  })
  const first = media.choose('microphone', 'one')
  await expect.poll(() => opened.length).toBe(1)
  await media.choose('microphone', 'two')
  slow.resolve()
  await first
  expect(media.track('microphone')).toBe(opened[1])
  expect(opened[0]?.readyState).toBe('ended')
})

test('a camera that is turned off while it opens stays off', async () => {
  const { media, sent } = mine()
  const opening = media.setCamera(true)
  await media.setCamera(false)
  await opening
  expect([media.track('camera'), sent]).toEqual([null, []])
})

test('a device that the system mutes gives nothing until it is heard again', async () => {
  const { media } = mine()
  const troubles: string[] = []
  media.events = {
    ...media.events,
    onTrouble: (device) => troubles.push(`${device} ${media.troubleOf(device) ?? 'works'}`),
  }
  await media.openMicrophone()
  const track = media.track('microphone') as MediaStreamTrack
  troubles.splice(0)
  for (const [muted, event] of [
    [true, 'mute'],
    [false, 'unmute'],
  ] as const) {
    Object.defineProperty(track, 'muted', { configurable: true, get: () => muted })
    track.dispatchEvent(new Event(event))
  }
  expect(troubles).toEqual(['microphone silenced', 'microphone works'])
})

const devices = (...ids: string[]) => ({
  microphone: ids.map((id) => ({ id, label: id })),
  camera: ids.map((id) => ({ id, label: id })),
  speaker: [],
})

test('a microphone that is plugged in is opened when there was none, and nobody asks for a camera', async () => {
  const { media, sent } = mine()
  const none = vi.spyOn(navigator.mediaDevices, 'getUserMedia')
  none.mockRejectedValue(new DOMException('none', 'NotFoundError'))
  await expect(media.openMicrophone()).rejects.toThrow()
  await media.devicesChanged(devices())
  expect(none).toHaveBeenCalledTimes(1)
  none.mockRestore()
  await media.devicesChanged(devices('headset'))
  expect([media.works('microphone'), sent]).toEqual([true, ['microphone on']])
})

test('the chosen microphone gets its place back when it is plugged in again', async () => {
  const { media } = mine('headset')
  await media.openMicrophone()
  const standIn = media.track('microphone')
  await media.devicesChanged(devices('another'))
  expect(media.track('microphone')).toBe(standIn)
  await media.devicesChanged(devices('another', 'headset'))
  expect(media.track('microphone')).not.toBe(standIn)
})

test('a permission that is given later opens what was refused, and nothing else', async () => {
  const { media } = mine()
  const refused = vi.spyOn(navigator.mediaDevices, 'getUserMedia')
  refused.mockRejectedValue(new DOMException('no', 'NotAllowedError'))
  await expect(media.openMicrophone()).rejects.toThrow()
  expect(media.troubleOf('microphone')).toBe('refused')
  // Plugging something in is no answer to the question.
  await media.devicesChanged(devices('headset'))
  expect(refused).toHaveBeenCalledTimes(1)
  refused.mockRestore()
  await media.permissionChanged('camera', true)
  await media.permissionChanged('microphone', true)
  expect([media.works('microphone'), media.track('camera')]).toEqual([true, null])
})
