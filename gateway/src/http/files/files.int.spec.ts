import { request } from 'node:http'
import { newId } from '@beseda/kernel'
import { FILES_BUCKET } from '@beseda/proto'
import { Scope } from '@beseda/proto/common/v1/policy'
import { CloseCode } from '@beseda/proto/gateway/v1/close_codes'
import { GroupKind, NewcomerHistory } from '@beseda/proto/group/v1/events'
import { GroupService } from '@beseda/proto/group/v1/group_service'
import { apiClient, Device, Installation, Person, reasonOf } from '@beseda/testkit'
import { jetstreamManager } from '@nats-io/jetstream'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'

/** Files, webhooks and bots at the edge, on the built system with two gateways. */
let beseda: Installation
beforeAll(async () => {
  beseda = await Installation.start({ MAX_UPLOAD_MB: '1' })
})
afterAll(() => beseda?.stop())

const bearer = (person: Person) => ({ Authorization: `Bearer ${person.tokens.accessToken}` })
const reason = async (response: Response): Promise<string> => {
  const body = (await response.json()) as { message: string }
  return body.message
}
const upload = (person: Person, body: Uint8Array<ArrayBuffer>, name = 'picture.png', purpose = 'attachment') =>
  fetch(`${beseda.url}/api/files?${new URLSearchParams({ name, purpose })}`, {
    method: 'POST',
    body,
    headers: bearer(person),
  })
const stored = async (response: Promise<Response>) =>
  (await (await response).json()) as { id: string; [field: string]: unknown }
const download = (person: Person, path: string, headers: Record<string, string> = {}) =>
  fetch(`${beseda.url2}/api/files/${path}`, { headers: { ...bearer(person), ...headers } })
const picture = async (width: number, height: number) =>
  new Uint8Array(
    await sharp({ create: { width, height, channels: 3, background: '#1a6b5d' } })
      .png()
      .toBuffer(),
  )

async function group(owner: Person, ...others: Person[]): Promise<string> {
  const memberIds = others.map(({ userId }) => userId)
  const { group: made } = await owner.groups.createGroup({
    commandId: newId(),
    kind: GroupKind.GROUP,
    name: 'Files',
    memberIds,
  })
  return made!.id
}
const people = (count: number) => Promise.all(Array.from({ length: count }, () => Person.register(beseda.url)))

describe('files', () => {
  test('are examined, attached, given to members only, and gone with their message', async () => {
    const [ann, bob, eve] = (await people(3)) as [Person, Person, Person]
    const groupId = await group(ann, bob)
    const bytes = await picture(1600, 900)
    const file = await stored(upload(ann, bytes, '../../кот.html'))
    expect(file).toMatchObject({
      name: 'кот.html',
      contentType: 'image/png',
      width: 1600,
      height: 900,
      hasThumbnail: true,
    })
    const messageId = newId()
    const attachments = [{ fileId: file.id }]
    expect((await download(bob, file.id)).status).toBe(404)
    const { seq: minSeq } = await ann.groups.postMessage({ messageId, groupId, attachments })
    const { message } = await ann.groups.getMessage({ groupId, messageId, minSeq })
    expect(message?.attachments).toMatchObject([{ fileId: file.id, contentType: 'image/png', width: 1600 }])
    const whole = await download(bob, file.id)
    expect(new Uint8Array(await whole.arrayBuffer())).toEqual(bytes)
    expect(Object.fromEntries(whole.headers)).toMatchObject({
      'content-type': 'image/png',
      'content-disposition': expect.stringMatching(/^inline;.*%D0%BA%D0%BE%D1%82\.html$/),
      'content-security-policy': "default-src 'none'; sandbox",
      'x-content-type-options': 'nosniff',
      // Nothing that was sent stays in a cache after it was deleted.
      'cache-control': 'no-store',
    })
    const small = await sharp(await (await download(bob, `${file.id}/thumbnail`)).arrayBuffer()).metadata()
    expect(small).toMatchObject({ format: 'webp', width: 800, height: 450 })
    expect((await download(eve, file.id)).status).toBe(404)
    expect((await fetch(`${beseda.url}/api/files/${file.id}`)).status).toBe(401)
    await ann.groups.deleteMessage({ commandId: newId(), groupId, messageId })
    expect((await download(bob, file.id)).status).toBe(404)
    await vi.waitFor(async () => expect((await download(ann, file.id)).status).toBe(404))
  })

  test('keep the names that people gave them, whatever signs these have', async () => {
    const [ann] = (await people(1)) as [Person]
    for (const name of ['100%.txt', '%41 50%20off.txt', 'C++ a+b.txt', `it's "1;2".txt`, 'отчёт 😀.txt']) {
      const file = await stored(upload(ann, new TextEncoder().encode('x'), name))
      expect(file.name).toBe(name)
      const [, exact = ''] =
        /filename\*=UTF-8''(.*)$/.exec((await download(ann, file.id)).headers.get('content-disposition') ?? '') ?? []
      expect(decodeURIComponent(exact)).toBe(name)
    }
    const long = await stored(upload(ann, new TextEncoder().encode('x'), `${'я'.repeat(400)}.txt`))
    expect(long.name).toBe(`${'я'.repeat(251)}.txt`)
  })

  test('are sent in parts if parts are asked for', async () => {
    const [ann] = (await people(1)) as [Person]
    const bytes = new Uint8Array(700_000).map((_, i) => i % 251)
    const { id } = await stored(upload(ann, bytes, 'noise.bin'))
    const part = await download(ann, id, { Range: 'bytes=130000-400000' })
    expect(part.status).toBe(206)
    expect(part.headers.get('content-range')).toBe('bytes 130000-400000/700000')
    expect(new Uint8Array(await part.arrayBuffer())).toEqual(bytes.slice(130_000, 400_001))
    expect(new Uint8Array(await (await download(ann, id)).arrayBuffer())).toEqual(bytes)
    expect((await download(ann, id, { Range: 'bytes=700000-' })).status).toBe(416)
  })

  test('are never what they claim to be', async () => {
    const [ann] = (await people(1)) as [Person]
    const page = new TextEncoder().encode('<script>alert(1)</script>')
    const { id, contentType } = await stored(upload(ann, page, 'nice.png'))
    expect(contentType).toBe('text/plain')
    const got = await download(ann, id)
    expect(got.headers.get('content-type')).toBe('application/octet-stream')
    expect(got.headers.get('content-disposition')).toMatch(/^attachment;/)
    const svg = new TextEncoder().encode('<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>')
    const drawing = await stored(upload(ann, svg, 'x.svg'))
    expect((await download(ann, drawing.id)).headers.get('content-type')).toBe('application/octet-stream')
    const bomb = new Uint8Array(
      await sharp({ create: { width: 9_000, height: 9_000, channels: 3, background: '#000' } })
        .png()
        .toBuffer(),
    )
    expect(await stored(upload(ann, bomb, 'bomb.png'))).toMatchObject({ contentType: 'application/octet-stream' })
    expect(await reason(await upload(ann, page, 'me.png', 'avatar'))).toBe('BAD_FILE')
  })

  test('above the limit are refused', async () => {
    const [ann] = (await people(1)) as [Person]
    const response = await upload(ann, new Uint8Array(1024 * 1024 + 1))
    expect([response.status, await reason(response)]).toEqual([429, 'TOO_LARGE'])
  })

  test('that break off leave nothing behind', async () => {
    const [ann] = (await people(1)) as [Person]
    const bus = await beseda.connectToBus()
    const { streams } = await jetstreamManager(bus)
    const pieces = async () => (await streams.info(`OBJ_${FILES_BUCKET}`)).state.messages
    const before = await pieces()
    await new Promise<void>((resolve) => {
      const headers = { ...bearer(ann), 'Content-Length': '1000000' }
      const sending = request(`${beseda.url}/api/files?name=cut.bin`, { method: 'POST', headers }, () => undefined)
      sending.on('error', () => resolve())
      sending.write(new Uint8Array(600_000))
      // Only when some of it has been stored is it cut.
      void vi
        .waitFor(async () => expect(await pieces()).toBeGreaterThan(before))
        .finally(() => sending.destroy(new Error('cut')))
    })
    await vi.waitFor(async () => expect(await pieces()).toBe(before))
    await bus.close()
  })

  test('of people and groups are visible to everybody who is signed in', async () => {
    const [ann, eve] = (await people(2)) as [Person, Person]
    const { id } = await stored(upload(ann, await picture(300, 500), 'me.png', 'avatar'))
    await ann.identity.updateProfile({ commandId: newId(), avatarFileId: id })
    const face = await sharp(await (await download(eve, `${id}/thumbnail`)).arrayBuffer()).metadata()
    expect(face).toMatchObject({ width: 256, height: 256 })
    expect(await reasonOf(eve.identity.updateProfile({ commandId: newId(), avatarFileId: newId() }))).toBe(
      'FILE_NOT_FOUND',
    )
    const { id: file } = await stored(upload(ann, await picture(10, 10)))
    expect(await reasonOf(ann.identity.updateProfile({ commandId: newId(), avatarFileId: file }))).toBe('BAD_FILE')
  })
})

test('a file in hidden history is hidden as well, until it is posted again', async () => {
  const [ann, eve] = (await people(2)) as [Person, Person]
  const groupId = await group(ann)
  const settings = { newcomerHistory: NewcomerHistory.FROM_JOINING }
  await ann.groups.updateGroup({ commandId: newId(), groupId, settings })
  const { id: fileId } = await stored(upload(ann, await picture(10, 10)))
  const post = () => ann.groups.postMessage({ messageId: newId(), groupId, attachments: [{ fileId }] })
  await post()
  await ann.membership.addMembers({ commandId: newId(), groupId, userIds: [eve.userId] })
  expect(await reason(await download(eve, fileId))).toBe('FILE_NOT_FOUND')
  await post()
  expect((await download(eve, fileId)).status).toBe(200)
})

test('a webhook posts over HTTP, once for one id, and says what is wrong', async () => {
  const [ann, bob] = (await people(2)) as [Person, Person]
  const groupId = await group(ann, bob)
  const { token } = await ann.groups.createWebhook({ commandId: newId(), groupId, name: 'CI' })
  const post = (body: string, to = token) => fetch(`${beseda.url2}/hooks/${to}`, { method: 'POST', body })
  const id = newId()
  for (let i = 0; i < 2; i++)
    expect((await post(JSON.stringify({ text: 'green', name: 'Build 7', id }))).status).toBe(200)
  const { messages } = await bob.groups.listMessages({ groupId })
  expect(messages).toMatchObject([{ text: 'green', authorName: 'Build 7' }])
  expect(await reason(await post('{'))).toBe('INVALID_REQUEST')
  expect(await reason(await post(JSON.stringify({ text: 'x', id: 'build-7' })))).toBe('INVALID_REQUEST')
  expect(await reason(await post(JSON.stringify({ text: `a${'\u0301'.repeat(20)}` })))).toBe('BAD_TEXT')
  expect(await reason(await post(JSON.stringify({ text: '\u200b' })))).toBe('INVALID_REQUEST')
  expect((await post(JSON.stringify({ text: 'x' }), 'wrong')).status).toBe(404)
})

test('a bot does what its token is for, until the token is replaced', async () => {
  const [ann] = (await people(1)) as [Person]
  const creation = {
    commandId: newId(),
    username: `bot-${newId().slice(-12)}`,
    displayName: 'Bot',
    scopes: [Scope.READ, Scope.POST],
  }
  const { bot, token } = await ann.identity.createBot(creation)
  expect((await ann.identity.createBot(creation)).token).toBe(token)
  const botId = bot!.user!.id
  const groupId = await group(ann)
  await ann.membership.addMembers({ commandId: newId(), groupId, userIds: [botId] })
  const acting = apiClient(GroupService, beseda.url, token)
  await acting.postMessage({ messageId: newId(), groupId, text: 'beep' })
  expect((await ann.groups.listMessages({ groupId })).messages).toMatchObject([{ authorId: botId, text: 'beep' }])
  expect(await reasonOf(acting.createGroup({ commandId: newId(), kind: GroupKind.GROUP, name: 'x' }))).toBe(
    'SCOPE_MISSING',
  )
  expect(await reasonOf(acting.markRead({ groupId, seq: 1n }))).toBe('SCOPE_MISSING')
  const listening = await Device.connect(beseda.url2, token)
  const { token: next } = await ann.identity.replaceBotToken({ commandId: newId(), botId })
  expect((await listening.closed).code).toBe(CloseCode.SESSION_ENDED)
  await vi.waitFor(
    async () =>
      expect(await reasonOf(acting.postMessage({ messageId: newId(), groupId, text: 'x' }))).toBe('UNAUTHENTICATED'),
    { interval: 500 },
  )
  const again = await Device.connect(beseda.url2, next)
  await ann.identity.deleteBot({ commandId: newId(), botId })
  expect((await again.closed).code).toBe(CloseCode.SESSION_ENDED)
})

test('a bot that may not read gets nothing', async () => {
  const [ann] = (await people(1)) as [Person]
  const username = `bot-${newId().slice(-12)}`
  const { token } = await ann.identity.createBot({
    commandId: newId(),
    username,
    displayName: 'Bot',
    scopes: [Scope.POST],
  })
  const device = await Device.open(beseda.url)
  device.send({ case: 'hello', value: { accessToken: token, cursors: [] } })
  expect((await device.closed).code).toBe(CloseCode.UNAUTHENTICATED)
  expect(device.frames).toEqual([])
})
