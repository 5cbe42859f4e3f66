import { BaseKeyProvider } from 'livekit-client'
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest'

/** The worker as it runs in the page, with the one of livekit-client inside, and frames instead of those of a browser. */
const ME = 'my-device'
const INIT = {
  loglevel: 5,
  keyProviderOptions: new BaseKeyProvider({
    sharedKey: false,
    ratchetWindowSize: 0,
    failureTolerance: -1,
  }).getOptions(),
}
const SPOKEN = new Uint8Array(64).fill(7)

interface Frame {
  data: ArrayBuffer
  readonly timestamp: number
  getMetadata(): object
}
type Worker = {
  onmessage: (event: { data: { kind: string; data: object } }) => void
  onrtctransform: (event: { transformer: object }) => void
}
const worker = globalThis as unknown as Worker
let heard: (() => void) | undefined
let at = 0
let track = ''

beforeAll(async () => {
  vi.stubGlobal('self', globalThis)
  vi.stubGlobal('name', ME)
  vi.stubGlobal('onmessage', undefined)
  vi.stubGlobal('onrtctransform', undefined)
  vi.stubGlobal('RTCTransformEvent', class {})
  vi.stubGlobal('postMessage', (message: { kind: string }) => message.kind === 'initAck' && heard?.())
  await import('./sealed.worker.js')
  ask('init', INIT)
  for (const [participantIdentity, byte] of [
    [ME, 1],
    ['eve', 2],
  ] as const)
    ask('setKey', { participantIdentity, key: await keyOf(byte), keyIndex: 1, updateCurrentKeyIndex: true })
})
afterAll(() => vi.unstubAllGlobals())
beforeEach(() => {
  at += 1
  track = `camera ${at}`
})

const keyOf = (byte: number) =>
  crypto.subtle.importKey('raw', new Uint8Array(32).fill(byte), 'HKDF', false, ['deriveBits', 'deriveKey'])
const ask = (kind: string, data: object) => worker.onmessage({ data: { kind, data } })

/** Both ends of what the worker passes on. */
function streams() {
  const [into, out] = [new TransformStream<Frame, Frame>(), new TransformStream<Frame, Frame>()]
  const [writer, reader] = [into.writable.getWriter(), out.readable.getReader()]
  const put = (data: Uint8Array) =>
    void writer.write({ data: Uint8Array.from(data).buffer, timestamp: at, getMetadata: () => ({}) })
  const taken = async () => new Uint8Array((await reader.read()).value?.data ?? [])
  return {
    ends: { readableStream: into.readable, writableStream: out.writable },
    /** What comes out. */
    async pass(data: Uint8Array): Promise<Uint8Array> {
      await answered()
      put(data)
      return taken()
    },
    /** What comes out before a frame that was put into another way later; undefined: nothing. */
    async leak(data: Uint8Array): Promise<Uint8Array | undefined> {
      await answered()
      put(data)
      const later = sends(ME, `later ${at} ${Math.random()}`).pass(SPOKEN)
      return Promise.race([taken(), later.then(() => undefined)])
    },
  }
}

/** The worker has taken all that it was told: it takes one thing after another. */
const answered = () =>
  new Promise<void>((resolve) => {
    heard = resolve
    ask('init', INIT)
  })

function sends(participantIdentity = ME, trackId = track) {
  const way = streams()
  ask('encode', { ...way.ends, trackId, participantIdentity })
  return way
}
function receives(participantIdentity: string, trackId: string) {
  const way = streams()
  ask('decode', { ...way.ends, trackId, participantIdentity })
  return way
}
/** Encrypted with the key of this device: whoever has it hears what was spoken. */
async function isMine(frame: Uint8Array): Promise<boolean> {
  if (Buffer.from(frame).includes(Buffer.from(SPOKEN.subarray(0, 32)))) return false
  const spoken = await receives(ME, `echo ${at} ${Math.random()}`).pass(frame)
  return Buffer.from(spoken).equals(Buffer.from(SPOKEN))
}

test('what is sent is encrypted with the own key, and what arrives is decrypted', async () => {
  expect(await isMine(await sends().pass(SPOKEN))).toBe(true)
})

test('a node that offers a track with the name of an own one, and takes it back, gets nothing open', async () => {
  const way = sends()
  void receives('eve', track)
  expect(await isMine(await way.pass(SPOKEN))).toBe(true)
  ask('removeTransform', { participantIdentity: 'eve', trackId: track })
  expect(await isMine(await way.pass(SPOKEN))).toBe(true)
  ask('removeTransform', { participantIdentity: ME, trackId: track })
  expect(await isMine(await way.pass(SPOKEN))).toBe(true)
})

test('nor does one that gives a receiver that there is the name of an own track', async () => {
  const way = sends()
  void receives('eve', `other ${track}`)
  for (const participantIdentity of ['eve', ME])
    ask('updateCodec', { participantIdentity, trackId: track, previousTrackId: `other ${track}`, codec: 'vp8' })
  ask('removeTransform', { participantIdentity: 'eve', trackId: track })
  expect(await isMine(await way.pass(SPOKEN))).toBe(true)
})

test.each(['', undefined])('nobody (%j) takes over a track, and nobody is heard', async (nobody) => {
  const way = sends()
  const theirs = receives(nobody as string, track)
  ask('updateCodec', { participantIdentity: nobody, trackId: track, codec: 'vp8' })
  ask('enable', { participantIdentity: nobody, enabled: false })
  expect(await isMine(await way.pass(SPOKEN))).toBe(true)
  expect(await theirs.leak(SPOKEN)).toBeUndefined()
})

test('nothing is sent in the name of somebody else, though their key is known', async () => {
  expect(await sends('eve').leak(SPOKEN)).toBeUndefined()
  expect(await sends('').leak(SPOKEN)).toBeUndefined()
})

test('nothing is played that was not encrypted, whatever is said of it', async () => {
  ask('enable', { participantIdentity: 'eve', enabled: false })
  const theirs = receives('eve', track)
  expect(await theirs.leak(SPOKEN)).toBeUndefined()
  ask('setSifTrailer', { trailer: Uint8Array.from([7]) })
  expect(await theirs.leak(SPOKEN)).toBeUndefined()
})

test('transforms of senders and receivers are held to the same', async () => {
  const through = (kind: 'encode' | 'decode', participantIdentity: string) => {
    const way = streams()
    const { readableStream: readable, writableStream: writable } = way.ends
    const options = { kind, participantIdentity, trackId: track }
    worker.onrtctransform({ transformer: { options, readable, writable } })
    return way
  }
  const way = through('encode', ME)
  void through('decode', 'eve')
  ask('removeTransform', { participantIdentity: 'eve', trackId: track })
  void through('decode', '')
  expect(await isMine(await way.pass(SPOKEN))).toBe(true)
  expect(await through('encode', 'eve').leak(SPOKEN)).toBeUndefined()
})
