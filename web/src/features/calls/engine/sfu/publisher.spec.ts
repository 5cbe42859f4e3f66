import type { Room } from 'livekit-client'
import { beforeEach, expect, test } from 'vitest'
import type { Slot } from '../media-state.js'
import { Publisher } from './publisher.js'

let did: string[]
let camera: MediaStreamTrack | null
let screen: MediaStreamTrack | null
/** The room answers when the test lets it: undefined, at once. */
let answer: (() => Promise<void>) | undefined
let publisher: Publisher

/** A track, and the copies of it that are sent. */
function trackOf(name: string): MediaStreamTrack {
  return { clone: () => trackOf(`${name}'`), stop: () => void did.push(`${name} ends`) } as unknown as MediaStreamTrack
}

/** Sound needs a browser; a picture does not. */
beforeEach(() => {
  did = []
  camera = trackOf('camera')
  screen = null
  answer = undefined
  const localParticipant = {
    publishTrack: async (track: MediaStreamTrack) => {
      await answer?.()
      did.push('sends')
      return { track }
    },
    unpublishTrack: async () => {
      await answer?.()
      did.push('takes back')
    },
  }
  const tracks = (slot: Slot) => (slot === 'camera' ? camera : slot === 'screen' ? screen : null)
  publisher = new Publisher({ localParticipant } as unknown as Room, tracks)
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

test('a start that comes before a pause has taken all back sends all of it anew', async () => {
  screen = trackOf('screen')
  await publisher.start()
  did.length = 0
  await Promise.all([publisher.pause(), publisher.start()])
  expect(did.slice(0, 2)).toEqual(["camera' ends", "screen' ends"])
  expect(did.filter((what) => !what.endsWith(' ends'))).toEqual(['takes back', 'takes back', 'sends', 'sends'])
})

test('what was on its way into a room that was lost is sent once in the next, and ends with its camera', async () => {
  screen = trackOf('screen')
  const [asked, answered] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  answer = () => {
    asked.resolve()
    return answered.promise
  }
  const begun = publisher.start()
  await asked.promise
  publisher.stop()
  answer = undefined
  await publisher.start()
  answered.resolve()
  await begun
  // The camera was on its way and came too late; the screen waited behind it.
  expect(did).toEqual(['sends', 'sends', 'sends', "camera' ends", 'takes back'])
  did.length = 0
  publisher.close()
  expect(did).toEqual(["camera' ends", "screen' ends"])
})

test('what could not be sent is tried by the next start, and what is sent is let be', async () => {
  screen = trackOf('screen')
  answer = async () => {
    answer = undefined
    throw new Error('no answer')
  }
  await publisher.start()
  expect(did.filter((what) => what === 'sends')).toHaveLength(1)
  await publisher.start()
  expect(did.filter((what) => what === 'sends')).toHaveLength(2)
})
