import { connect } from 'node:net'
import { newId } from '@beseda/kernel'
import { Exposure } from '@beseda/proto/common/v1/policy'
import { CloseCode } from '@beseda/proto/gateway/v1/close_codes'
import { ClientFrameSchema } from '@beseda/proto/gateway/v1/frames'
import { GroupKind } from '@beseda/proto/group/v1/events'
import { allMethods, methodPath, policyOf } from '@beseda/rpc'
import { MAX_FRAME_BYTES } from '@beseda/rules'
import { Device, Installation, type Known, PATIENCE_MS, Person, rubbishOf } from '@beseda/testkit'
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'

/** Whatever comes in over HTTP or a socket gets an answer or a refusal, never a server error, and nobody else is disturbed. */
let beseda: Installation
let ann: Person
let bystander: Device
let groupId = ''
beforeAll(async () => {
  // Methods of captions are there only where there is an engine; nobody listens at this one.
  beseda = await Installation.start({ CAPTION_URL: 'http://127.0.0.1:1/' })
  ann = await Person.register(beseda.url)
  const founding = { commandId: newId(), kind: GroupKind.GROUP, name: 'Calm' }
  groupId = (await ann.groups.createGroup(founding)).group?.id ?? ''
  bystander = await ann.connect()
})
afterAll(() => beseda?.stop())

/** An undisturbed person posts something and receives it. */
async function isUnharmed(): Promise<void> {
  const text = `calm ${newId()}`
  await ann.groups.postMessage({ messageId: newId(), groupId, text })
  await bystander.next('commit', () => bystander.texts.get(groupId)?.includes(text) === true)
  expect(bystander.complaints).toEqual([])
}

/** Bytes as they are on the wire; the status of the answer, or 0 when the connection was closed without one. */
const statusOf = (head: string, body: Uint8Array): Promise<number> =>
  new Promise((resolve) => {
    const { port, hostname } = new URL(beseda.url)
    const socket = connect(Number(port), hostname)
    let answer = ''
    const done = () => {
      socket.destroy()
      resolve(Number(/^HTTP\/1\.[01] (\d{3})/.exec(answer)?.[1] ?? 0))
    }
    socket.setTimeout(PATIENCE_MS, () => resolve(-1))
    socket.on('data', (bytes) => {
      answer += bytes.toString('latin1')
      if (answer.includes('\r\n')) done()
    })
    socket.on('error', done)
    socket.on('close', done)
    const bytes = Buffer.concat([Buffer.from(head, 'latin1'), body])
    // Who says nothing that can be answered has nothing more to say.
    if (head === '') socket.end(bytes)
    else socket.write(bytes)
    // A socket that is silent for a minute is closed.
    bystander.send({ case: 'ping', value: {} })
  })

/** What Connect says of a method that is not there. */
const UNIMPLEMENTED = 501
const PATHS = [
  '/',
  '/../../etc/passwd',
  '/assets/%2e%2e/%2e%2e/package.json',
  '/%ff%fe%00',
  '/ws',
  '/api/files',
  '/api/files?name=%ff%c0%80&purpose=avatar',
  '/api/files?name=%E2%80%AEgnp.exe',
  '/api/files/%00',
  `/api/files/${newId()}`,
  `/api/files/${newId()}/thumbnail`,
  '/calendar/',
  '/calendar/%ff.ics',
  `/calendar/${'x'.repeat(22)}.ics`,
  '/hooks/',
  '/hooks/%ff',
  '/unsubscribe/',
  '/unsubscribe/%ff',
  `/hooks/${'x'.repeat(2_000)}`,
  '/invite/%00',
  '/api/beseda.group.v1.GroupService/PostMessage',
  '/api/beseda.group.v1.GroupService/constructor',
  '/api/__proto__/toString',
  '/api/beseda.identity.v1.IdentityService/AuthenticateBot',
  `/${'a/'.repeat(1_500)}`,
]
const text = (value: string) => new TextEncoder().encode(value)
const BODIES = [
  new Uint8Array(),
  text('{'),
  text('null'),
  text('"\u202eevil"'),
  text(JSON.stringify({ text: `a\u202eb ${'> '.repeat(2_000)}`, groupId: 'x' })),
  text('['.repeat(30_000)),
  text(`{"text":${'{"a":'.repeat(8_000)}1${'}'.repeat(8_001)}`),
  text(JSON.stringify({ text: '*_`~['.repeat(12_000) })),
  text('{"__proto__":{"text":"x"},"constructor":1}'),
  new Uint8Array([0xc3, 0x28, 0xa0, 0xa1, 0xff, 0xfe, 0xf0, 0x28, 0x8c, 0xbc]),
  new Uint8Array([0x7b, 0x22, 0x74, 0x65, 0x78, 0x74, 0x22, 0x3a, 0x22, 0xff, 0x22, 0x7d]),
  new Uint8Array(MAX_FRAME_BYTES).fill(0x0a),
  new Uint8Array(MAX_FRAME_BYTES + 1).fill(0x7b),
]
const path = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...PATHS) },
  { weight: 1, arbitrary: fc.string({ maxLength: 60 }).map((part) => `/${encodeURIComponent(part)}`) },
)
const body = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...BODIES) },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 400 }) },
)
const token = fc.constantFrom('', 'Bearer', 'Bearer x.y.z', 'Bearer beseda_bot_x', 'Basic YTpi', 'valid')
const headers = fc.subarray([
  'Range: bytes=0-999999999999999999999',
  'Range: bytes=-0',
  'Content-Type: application/proto',
  'Content-Type: application/json; charset=utf-16',
  'If-None-Match: "\u00ff"',
  'Accept-Encoding: br, \u00e9',
  'X-Forwarded-For: \u00ff, 1.2.3.4, ::::',
  'Upgrade: websocket',
  'Sec-WebSocket-Key: x',
  'Sec-WebSocket-Protocol: beseda.v1',
])

test('HTTP of every kind is answered, and never with a server error', async () => {
  const method = fc.constantFrom('GET', 'POST', 'POST', 'PUT', 'DELETE', 'HEAD', 'OPTIONS', 'PATCH', 'TRACE', 'BREW')
  const property = fc.asyncProperty(method, path, headers, token, body, async (verb, where, more, bearer, bytes) => {
    const authorization = bearer === 'valid' ? `Bearer ${ann.tokens.accessToken}` : bearer
    const lines = [
      `${verb} ${where} HTTP/1.1`,
      'Host: localhost',
      `Content-Length: ${bytes.length}`,
      ...(authorization === '' ? [] : [`Authorization: ${authorization}`]),
      ...more,
    ]
    const status = await statusOf(`${lines.join('\r\n')}\r\n\r\n`, bytes)
    const isFailure = status < 0 || (status >= 500 && status !== UNIMPLEMENTED)
    expect(isFailure, `${status} for ${lines.join(' | ')} with ${bytes.length} bytes`).toBe(false)
  })
  await fc.assert(property, { numRuns: 400 })
  await isUnharmed()
})

test('bytes that are not HTTP end the connection', async () => {
  const property = fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 300 }), async (bytes) => {
    const status = await statusOf('', Buffer.concat([bytes, Buffer.from('\r\n\r\n')]))
    // 505 is what is said to another version of HTTP than the known.
    expect([0, 400, 404, 414, 431, 505]).toContain(status)
  })
  await fc.assert(property, { numRuns: 60 })
  await isUnharmed()
})

const METHODS = allMethods().filter((method) => policyOf(method).exposure >= Exposure.ANYBODY)

test('every public method takes every body, as JSON and as protobuf', async () => {
  for (const method of METHODS) {
    // A person of its own: some methods end the session, or the account.
    const { accessToken } = (await Person.register(beseda.url)).tokens
    bystander.send({ case: 'ping', value: {} })
    await Promise.all(
      BODIES.flatMap((bytes) =>
        ['application/json', 'application/proto'].map(async (type) => {
          const response = await fetch(`${beseda.url}/api/${methodPath(method)}`, {
            method: 'POST',
            body: new Uint8Array(bytes),
            headers: { 'Content-Type': type, Authorization: `Bearer ${accessToken}` },
          })
          const answer = await response.text()
          expect(response.status, `${methodPath(method)} ${type} ${bytes.length}: ${answer}`).toBeLessThan(500)
        }),
      ),
    )
  }
  await isUnharmed()
})

/** What frames are about: their names are those of the contract. */
const knownTo = (eve: Person): Known => ({
  access_token: [eve.tokens.accessToken],
  group_id: [groupId],
  user_ids: [ann.userId, eve.userId],
  to_device_id: [ann.deviceId],
  to_user_id: [ann.userId],
  service: ['beseda.group.v1.GroupService', 'beseda.identity.v1.IdentityService'],
  method: ['ListMessages', 'GetMe', 'EraseAccount'],
})

const [frames] = ClientFrameSchema.oneofs
const KINDS = frames?.fields.flatMap(({ localName, message }) => (message ? [[localName, message] as const] : [])) ?? []
const wrapped = (kind: string, payload: Uint8Array): Uint8Array => {
  const number = frames?.fields.find(({ localName }) => localName === kind)?.number ?? 0
  return new BinaryWriter().tag(number, WireType.LengthDelimited).bytes(payload).finish()
}
/** What is no frame of any kind. */
const NO_FRAMES = [new Uint8Array(), new Uint8Array(MAX_FRAME_BYTES).fill(0xff), new Uint8Array(MAX_FRAME_BYTES + 1)]

test.each([['no frame', undefined] as const, ...KINDS])(
  'frames of the kind %s end their own socket at most, before and after a Hello',
  async (kind, schema) => {
    const eve = await Person.register(beseda.url)
    const payload = schema ? rubbishOf(schema, knownTo(eve)).map((bytes) => wrapped(kind, bytes)) : undefined
    const frame = payload ?? fc.oneof(fc.uint8Array({ maxLength: 300 }), fc.constantFrom(...NO_FRAMES))
    const property = fc.asyncProperty(
      fc.boolean(),
      fc.array(frame, { minLength: 1, maxLength: 6 }),
      async (signsIn, all) => {
        const device = signsIn ? await eve.connect() : await Device.open(beseda.url)
        for (const bytes of all) device.sendBytes(new Uint8Array(bytes))
        // A socket that is silent for a minute is closed.
        bystander.send({ case: 'ping', value: {} })
        // Text is none of the protocol: the last word of every socket.
        device.sendBytes('{"text":"frame"}')
        const { code } = await device.closed
        expect(code).not.toBe(CloseCode.INTERNAL)
      },
    )
    await fc.assert(property, { numRuns: 40 })
    await isUnharmed()
  },
)
