import type { Room } from 'livekit-client'
import { beforeEach, expect, test } from 'vitest'
import type { Slot } from '../media-state.js'
import { Publisher } from './publisher.js'

let did: string[]
let camera: MediaStreamTrack | null
let publisher: Publisher

/** A track, and the copies of it that are sent. */
function trackOf(name: string): MediaStreamTrack {
  return { clone: () => trackOf(`${name}'`), stop: () => void did.push(`${name} ends`) } as unknown as MediaStreamTrack
}

/** Sound needs a browser; a picture does not. */
beforeEach(() => {
  did = []
  camera = trackOf('camera')
  const localParticipant = {
    publishTrack: async (track: MediaStreamTrack) => {
      did.push('sends')
      return { track }
    },
    unpublishTrack: async () => void did.push('takes back'),
  }
  publisher = new Publisher({ localParticipant } as unknown as Room, (slot: Slot) =>
    slot === 'camera' ? camera : null,
  )
})

test('a pause ends at once what is sent, takes it back, and lets nothing new out', async () => {
  await publisher.start()
  expect(did).toEqual(['sends'])
  const paused = publisher.pause()
  expect(did.at(-1)).toBe("camera' ends")
  await paused
  expect(did).toContain('takes back')
  did.length = 0
  camera = trackOf('other camera')
  await publisher.put('camera')
  expect(did).toEqual([])
  await publisher.start()
  expect(did).toEqual(['sends'])
})

test('what is being sent when the pause begins is taken back, too', async () => {
  const started = publisher.start()
  await publisher.pause()
  await started
  expect(did.filter((what) => what === 'sends').length).toBe(did.filter((what) => what === 'takes back').length)
})
