import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { newSealKey, sealsOf } from '@beseda/client-protocol/sealed'
import { packSpeech } from '@beseda/client-protocol/speech'
import { newId } from '@beseda/kernel'
import { CallService } from '@beseda/proto/call/v1/call_service'
import { CaptionService } from '@beseda/proto/caption/v1/caption_service'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { errorInfo } from '@beseda/rpc'
import { TestSystem } from '@beseda/testkit'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { callService } from '../../call/src/call.module.js'
import { groupService } from '../../group/src/group.module.js'
import { identityService } from '../../identity/src/identity.module.js'
import { membershipService } from '../../membership/src/membership.module.js'
import { peopleOf } from '../../testing/people.js'
import { captionService } from './caption.module.js'

/** The service between a device in a real call and an engine, which is a real HTTP server that hears nothing. */
let system: TestSystem
let engine: Server
let asked: { headers: NodeJS.Dict<string | string[]>; body: string }[]
let answer: RequestListener
const { person, group } = peopleOf(() => system)
const text =
  (said: string): RequestListener =>
  (_, response) =>
    response.setHeader('Content-Type', 'application/json').end(JSON.stringify({ text: said }))

beforeAll(async () => {
  engine = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      asked.push({ headers: request.headers, body: Buffer.concat(chunks).toString('latin1') })
      answer(request, response)
    })
  })
  await new Promise<void>((resolve) => engine.listen(0, '127.0.0.1', resolve))
  system = await TestSystem.start(identityService, groupService, membershipService, callService)
  const url = `http://127.0.0.1:${(engine.address() as AddressInfo).port}/v1/audio/transcriptions`
  await system.run(captionService, {
    env: { CAPTION_URL: url, CAPTION_MODEL: 'tiny.en', CAPTION_KEY: 'key-of-engine' },
  })
})
afterAll(async () => {
  await system?.stop()
  engine?.closeAllConnections()
  await new Promise((resolve) => engine?.close(resolve))
})
beforeEach(() => {
  asked = []
})

/** Somebody in a call of their own. */
async function caller() {
  const owner = await person()
  const groupId = await group(owner)
  const device = { userId: owner.id, deviceId: owner.id }
  const { access } = await system.client(CallService, device).startCall({ callId: newId(), groupId, ring: false })
  return { owner, device, callToken: access?.token ?? '' }
}

/** What a device does with a second of sound. */
async function say(device: { userId: string; deviceId: string }, callToken: string): Promise<string> {
  const captions = system.client(CaptionService, device)
  const { publicKey: service } = await captions.getCaptionEngine({})
  const own = await newSealKey(crypto)
  const seals = await sealsOf(crypto, own, { device: own.publicKey, service: Uint8Array.from(service) })
  const sealed = await seals.asked.seal(packSpeech(new Int16Array(16_000).fill(1_000)))
  const said = await captions.transcribe({ callToken, language: 'en', publicKey: own.publicKey, sealed })
  return new TextDecoder().decode(await seals.answered.open(Uint8Array.from(said.sealed)))
}
const refused = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'accepted',
    (error: unknown) => ErrorReason[errorInfo(error)?.reason ?? 0] ?? 'unknown',
  )

test('who is in a call gets the engine’s text; the engine gets a file, its model and its key, and nothing of us', async () => {
  const { owner, device, callToken } = await caller()
  answer = text(' It was the best of times.\n')
  expect(await say(device, callToken)).toBe('It was the best of times.')
  const [{ headers, body } = { headers: {}, body: '' }] = asked
  expect(headers.authorization).toBe('Bearer key-of-engine')
  for (const part of ['RIFF', 'WAVEfmt ', 'tiny.en', 'name="language"', 'name="temperature"'])
    expect(body).toContain(part)
  expect(JSON.stringify([headers, body])).not.toContain(owner.id)
})

test('nobody gets it with somebody else’s token, without one, or with one that is made up', async () => {
  const [{ callToken }, stranger] = [await caller(), await person()]
  const device = { userId: stranger.id, deviceId: stranger.id }
  answer = text('secret')
  expect(await refused(say(device, callToken))).toBe('UNAUTHENTICATED')
  expect(await refused(say(device, 'made up'))).toBe('UNAUTHENTICATED')
  expect(asked).toEqual([])
})

test.each<[string, RequestListener]>([
  ['says no', (_, response) => response.writeHead(500).end('cannot transcribe "secret"')],
  ['leads elsewhere', (_, response) => response.writeHead(302, { Location: 'http://127.0.0.1:1/' }).end()],
  ['says something else', (_, response) => response.end('<html>')],
  ['says no text', (_, response) => response.end('{"text": 7}')],
  ['does not end', (_, response) => response.end(`{"text": "${'x'.repeat(100_000)}"}`)],
])('an engine that %s is a caption less', async (_, listener) => {
  const { device, callToken } = await caller()
  answer = listener
  expect(await refused(say(device, callToken))).toBe('UNAVAILABLE')
})

test('an engine that hangs holds nobody up for longer than a caption is worth', async () => {
  const [one, other] = [await caller(), await caller()]
  let isLeft = false
  answer = (request) => void request.socket.once('close', () => (isLeft = true))
  const hung = refused(say(one.device, one.callToken))
  await expect.poll(() => asked.length).toBe(1)
  // Waits behind it, and is dropped with it: late, too.
  const waiting = refused(say(other.device, other.callToken))
  expect([await hung, ['RATE_LIMITED', 'UNAVAILABLE'].includes(await waiting)]).toEqual(['UNAVAILABLE', true])
  await expect.poll(() => isLeft).toBe(true)
  answer = text('well again')
  // Its place is free when the service has dropped the piece, too.
  await expect.poll(() => say(other.device, other.callToken).catch(() => 'not yet')).toBe('well again')
})

test('what was seen to pass and is asked again is of no use to whoever asks', async () => {
  const [{ device, callToken }, thief] = [await caller(), await caller()]
  answer = text('a sentence')
  const captions = system.client(CaptionService, thief.device)
  const { publicKey: service } = await captions.getCaptionEngine({})
  const own = await newSealKey(crypto)
  const seals = await sealsOf(crypto, own, { device: own.publicKey, service: Uint8Array.from(service) })
  const sealed = await seals.asked.seal(packSpeech(new Int16Array(16_000).fill(1_000)))
  const seen = { callToken, language: 'en', publicKey: own.publicKey, sealed }
  expect(await refused(captions.transcribe(seen))).toBe('UNAUTHENTICATED')
  const mine = await newSealKey(crypto)
  const key = mine.publicKey
  expect(await refused(captions.transcribe({ ...seen, callToken: thief.callToken, publicKey: key }))).toBe(
    'BAD_DEVICE_KEY',
  )
  const first = await system.client(CaptionService, device).transcribe(seen)
  const again = await captions.transcribe({ ...seen, callToken: thief.callToken })
  // Only who has made the key reads it; and two answers have nothing in common.
  const theirs = await sealsOf(crypto, mine, { device: key, service: Uint8Array.from(service) })
  await expect(theirs.answered.open(Uint8Array.from(again.sealed))).rejects.toThrow()
  expect(again.sealed).not.toEqual(first.sealed)
  expect(new TextDecoder().decode(await seals.answered.open(Uint8Array.from(again.sealed)))).toBe('a sentence')
})

test('a piece that is longer than any, or none at all, is not even opened', async () => {
  const { device, callToken } = await caller()
  const captions = system.client(CaptionService, device)
  const { publicKey } = await newSealKey(crypto)
  const piece = { callToken, language: 'en', publicKey }
  for (const size of [28, 60_029])
    expect(await refused(captions.transcribe({ ...piece, sealed: new Uint8Array(size) }))).toBe('INVALID_REQUEST')
  expect(await refused(captions.transcribe({ ...piece, sealed: new Uint8Array(60_028) }))).toBe('BAD_DEVICE_KEY')
  expect(asked).toEqual([])
})

test('neither text nor sound is in what passes the bus', async () => {
  const { device, callToken } = await caller()
  answer = text('a very secret sentence')
  const bus = await system.nats.connect('admin')
  const heard: string[] = []
  bus.subscribe('>', { callback: (_, message) => void heard.push(Buffer.from(message.data).toString('latin1')) })
  await bus.flush()
  expect(await say(device, callToken)).toBe('a very secret sentence')
  await bus.flush()
  expect(heard.length).toBeGreaterThan(1)
  expect(heard.join()).not.toContain('secret sentence')
  await bus.close()
})
