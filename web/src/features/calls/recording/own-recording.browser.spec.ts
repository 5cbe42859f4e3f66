import { type Call, CallSchema } from '@beseda/proto/call/v1/call_service'
import { MIN_PIECE_BYTES, recordingFormatOf } from '@beseda/rules'
import { create } from '@bufbuild/protobuf'
import { afterEach, expect, test, vi } from 'vitest'
import { TestMedia } from '../engine/testing.js'
import { OwnRecording } from './own-recording.js'
import type { Piece } from './piece-store.js'
import type { RecordedPerson } from './recorded-person.js'

/** What is in the pieces: decoded, not assumed. */
const media = new TestMedia()
/** The third is no mixture of the other two, as clipping would make one. */
const TONES = { ann: 500, bob: 1_200, cat: 3_370 }
const COLOURS = { ann: '#ff0000', bob: '#00ff00', cat: '#0000ff' }
type Name = keyof typeof TONES
function paint(colour: string): MediaStreamTrack {
  const canvas = Object.assign(document.createElement('canvas'), { width: 160, height: 90 })
  const context = canvas.getContext('2d')
  const draw = () => {
    if (!context) return
    context.fillStyle = colour
    context.fillRect(0, 0, 160, 90)
  }
  draw()
  setInterval(draw, 100)
  const [track] = canvas.captureStream(10).getVideoTracks()
  if (!track) throw new Error('no track')
  return track
}
const person = (userId: Name): RecordedPerson => ({
  userId,
  sounds: [media.tone(TONES[userId])],
  camera: paint(COLOURS[userId]),
  screen: undefined,
})
const callOf = (agreedUserIds: readonly string[], paused = false): Call =>
  create(CallSchema, { id: 'c', groupId: 'g', recording: { id: 'r', userId: 'ann', agreedUserIds, paused } } as never)

let pieces: Piece[] = []
let finished = 0
let open: OwnRecording | undefined
afterEach(async () => {
  await open?.stop()
  pieces = []
  finished = 0
})

function recording(soundOnly: boolean): OwnRecording {
  const uploader = {
    add: (piece: Piece) => void pieces.push(piece),
    settled: async () => undefined,
    waiting: 0,
    refusal: undefined,
  }
  const parts = { recordingId: 'r', groupId: 'g', callId: 'c', soundOnly, nameOf: (userId: string) => userId, uploader }
  open = new OwnRecording({ ...parts, onStopped: () => undefined, finish: async () => void finished++ })
  return open
}
const have = (count: number) => vi.waitFor(() => expect(pieces.length).toBeGreaterThanOrEqual(count))
const file = (all: readonly Piece[] = pieces) => new Blob(all.map(({ content }) => content))

/** Loudness of the tones from a second on, dB below the loudest. */
async function tonesIn(blob: Blob, from = 0): Promise<{ seconds: number; tones: Record<Name, number> }> {
  const context = new AudioContext({ sampleRate: 48_000 })
  const decoded = await context.decodeAudioData(await blob.arrayBuffer())
  const samples = decoded.getChannelData(0).subarray(from * decoded.sampleRate)
  const power = (tone: number) => {
    const factor = 2 * Math.cos((2 * Math.PI * tone) / decoded.sampleRate)
    let [one, two] = [0, 0]
    for (const sample of samples) [one, two] = [sample + factor * one - two, one]
    return one * one + two * two - factor * one * two
  }
  const powers = Object.entries(TONES).map(([name, tone]) => [name, power(tone)] as const)
  const most = Math.max(...powers.map(([, one]) => one))
  await context.close()
  return {
    seconds: decoded.duration,
    tones: Object.fromEntries(powers.map(([name, one]) => [name, 10 * Math.log10(one / most + 1e-12)])) as Record<
      Name,
      number
    >,
  }
}

/** Which colours the last picture shows. */
async function coloursIn(blob: Blob): Promise<readonly Name[]> {
  const video = Object.assign(document.createElement('video'), { muted: true, src: URL.createObjectURL(blob) })
  await video.play()
  await new Promise((resolve) => video.addEventListener('ended', resolve, { once: true }))
  const canvas = Object.assign(document.createElement('canvas'), { width: 128, height: 72 })
  const context = canvas.getContext('2d')
  context?.drawImage(video, 0, 0, 128, 72)
  const { data } = context?.getImageData(0, 0, 128, 72) ?? { data: [] }
  const found = new Set<Name>()
  const names = ['ann', 'bob', 'cat'] as const
  for (let at = 0; at < data.length; at += 4) {
    const rgb = [data[at] ?? 0, data[at + 1] ?? 0, data[at + 2] ?? 0]
    const [main] = names.flatMap((name, i) =>
      (rgb[i] ?? 0) > 120 && rgb.every((v, j) => j === i || v < 70) ? [name] : [],
    )
    if (main) found.add(main)
  }
  return names.filter((name) => found.has(name))
}

test('only who agrees is heard and seen', async () => {
  const people = [person('ann'), person('bob'), person('cat')]
  const own = recording(false)
  await own.start()
  own.follow(people, callOf(['bob']))
  await have(3)
  await own.stop()
  expect(finished).toBe(1)
  const { tones } = await tonesIn(file())
  expect(tones.ann).toBeGreaterThan(-6)
  expect(tones.bob).toBeGreaterThan(-6)
  expect(tones.cat).toBeLessThan(-40)
  expect(await coloursIn(file())).toEqual(['ann', 'bob'])
})

test('what is paused is not in it', async () => {
  const people = [person('ann'), person('bob')]
  const own = recording(true)
  await own.start()
  own.follow(people, callOf([]))
  await have(1)
  own.follow(people, callOf(['bob'], true))
  // A second of sound passes.
  const clock = new AudioContext()
  await clock.resume()
  await vi.waitFor(() => expect(clock.currentTime).toBeGreaterThan(1))
  await clock.close()
  own.follow(people, callOf([]))
  await have(3)
  await own.stop()
  const { tones } = await tonesIn(file())
  expect(tones.bob).toBeLessThan(-40)
})

test('without its end it is a file all the same: what a device that died has sent can be played', async () => {
  const own = recording(true)
  await own.start()
  own.follow([person('ann')], callOf([]))
  await have(3)
  const { seconds } = await tonesIn(file(pieces.slice(0, 3)))
  expect(seconds).toBeGreaterThan(4)
  expect(pieces.map(({ n }) => n)).toEqual(pieces.map((_, i) => i))
})

test('whoever takes it back is in it until then, and not from then on', async () => {
  const people = [person('ann'), person('bob')]
  const own = recording(false)
  await own.start()
  own.follow(people, callOf(['bob']))
  await have(3)
  own.follow(people, callOf([]))
  const withBob = pieces.length
  await have(withBob + 3)
  await own.stop()
  const whole = await tonesIn(file())
  expect(whole.tones.bob).toBeGreaterThan(-12)
  expect(await coloursIn(file())).toEqual(['ann'])
  // What was recorded before the piece in which they took it back shows them; what came after it does not.
  expect(await coloursIn(file(pieces.slice(0, withBob)))).toEqual(['ann', 'bob'])
  const { seconds } = await tonesIn(file(pieces.slice(0, withBob + 1)))
  expect((await tonesIn(file(), seconds)).tones.bob).toBeLessThan(-40)
})

test('what a browser records begins as the server wants it, and only its last piece may be small', async () => {
  for (const soundOnly of [true, false]) {
    pieces = []
    const own = recording(soundOnly)
    await own.start()
    own.follow([person('ann')], callOf([]))
    await have(2)
    // Short moments between pauses give little.
    for (let i = 0; i < 3; i++) {
      own.follow([], callOf([], true))
      own.follow([person('ann')], callOf([]))
    }
    await own.stop()
    const [first] = pieces
    expect(recordingFormatOf(new Uint8Array((await first?.content.arrayBuffer()) ?? []))).toBeDefined()
    expect(pieces.slice(0, -1).filter(({ content }) => content.size < MIN_PIECE_BYTES)).toEqual([])
  }
})
