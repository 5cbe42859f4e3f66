import { newId } from '@beseda/kernel'
import { FILES_BUCKET } from '@beseda/proto'
import { RecordingService } from '@beseda/proto/call/v1/recording_service'
import { GroupKind } from '@beseda/proto/group/v1/events'
import { HistoryService } from '@beseda/proto/history/v1/history_service'
import { apiClient, Installation, Person, reasonOf } from '@beseda/testkit'
import { Objm } from '@nats-io/obj'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'

/** Pieces of recordings at the edge, and what becomes of them, on the built system with two gateways. */
let beseda: Installation
beforeAll(async () => {
  beseda = await Installation.start({ MAX_RECORDING_MB: '1' })
})
afterAll(() => beseda?.stop())

/** The first bytes of a fragmented MP4 file, by which its kind is known. */
const MP4 = new Uint8Array([
  0, 0, 0, 24, 0x66, 0x74, 0x79, 0x70, 0x69, 0x73, 0x6f, 0x35, 0, 0, 2, 0, 0x69, 0x73, 0x6f, 0x35, 0x69, 0x73, 0x6f,
  0x6d,
])
/** Words, and as many dots as a piece needs. */
const text = (words: string) => new TextEncoder().encode(words.padEnd(300, '.'))
/** A first piece of that many bytes. */
const film = (bytes: number) => {
  const all = new Uint8Array(bytes)
  all.set(MP4)
  return all
}

interface Recorded {
  readonly ann: Person
  readonly bob: Person
  readonly groupId: string
  readonly callId: string
  readonly recordingId: string
  put(n: number, body: Uint8Array<ArrayBuffer>, as?: Person): Promise<string>
  files(): Promise<readonly string[]>
}

const recordings = (person: Person) => apiClient(RecordingService, beseda.url2, person.tokens.accessToken)

/** Ann records a call with Bob. */
async function recorded(soundOnly = false): Promise<Recorded> {
  const [ann, bob] = [await Person.register(beseda.url), await Person.register(beseda.url)]
  const founding = { commandId: newId(), kind: GroupKind.GROUP, name: 'Talks', memberIds: [bob.userId] }
  const groupId = (await ann.groups.createGroup(founding)).group?.id ?? ''
  const callId = (await ann.calls.startCall({ callId: newId(), groupId })).call?.id ?? ''
  await bob.calls.joinCall({ callId, groupId })
  const begun = await recordings(ann).startRecording({ groupId, callId, commandId: newId(), soundOnly })
  const recordingId = begun.call?.recording?.id ?? ''
  const bus = await beseda.connectToBus()
  return {
    ...{ ann, bob, groupId, callId, recordingId },
    async put(n, body, as = ann) {
      // Whichever gateway it comes to.
      const url = `${n % 2 === 0 ? beseda.url : beseda.url2}/api/recordings/${recordingId}/${n}?group=${groupId}`
      const headers = { Authorization: `Bearer ${as.tokens.accessToken}` }
      const response = await fetch(url, { method: 'PUT', body, headers })
      if (response.status === 200) return 'stored'
      return ((await response.json()) as { message: string }).message
    },
    async files() {
      const all = await (await new Objm(bus).open(FILES_BUCKET)).list()
      return all.filter(({ deleted, name }) => !deleted && name.startsWith(recordingId)).map(({ name }) => name)
    },
  }
}

const messageOf = ({ bob, groupId, recordingId }: Recorded) =>
  vi.waitFor(async () => {
    const { messages } = await bob.groups.listMessages({ groupId })
    const message = messages.find(({ attachments: [file] }) => file?.fileId === recordingId)
    if (!message) throw new Error('not posted yet')
    return message
  })
const finish = async ({ ann, groupId, callId, recordingId }: Recorded) => {
  await recordings(ann).stopRecording({ groupId, callId, recordingId })
  await recordings(ann).finishRecording({ groupId, callId, recordingId })
}

test('the pieces become one file in a message of whoever recorded, and nothing else stays behind', async () => {
  const one = await recorded()
  expect(await one.put(0, film(300))).toBe('stored')
  expect(await one.put(1, text('first '))).toBe('stored')
  // Again, with other bytes: what is there stays.
  expect(await one.put(1, text('other '))).toBe('stored')
  expect(await one.put(2, text('second'))).toBe('stored')
  expect([...(await one.files())].sort()).toEqual([0, 1, 2].map((n) => `${one.recordingId}.${n}`))
  await finish(one)
  const message = await messageOf(one)
  expect(message.authorId).toBe(one.ann.userId)
  const [file] = message.attachments
  expect(file).toMatchObject({ fileId: one.recordingId, contentType: 'video/mp4', size: 900n })
  expect(file?.name).toMatch(/^call-\d{4}-\d\d-\d\d-\d{4}-utc\.mp4$/)
  const headers = { Authorization: `Bearer ${one.bob.tokens.accessToken}`, Range: 'bytes=300-' }
  const part = await fetch(`${beseda.url}/api/files/${one.recordingId}`, { headers })
  expect([part.status, await part.text()]).toEqual([206, `${'first '.padEnd(300, '.')}${'second'.padEnd(300, '.')}`])
  await vi.waitFor(async () => expect(await one.files()).toEqual([one.recordingId]))
  expect(await one.put(3, text('late'))).toBe('RECORDING_NOT_FOUND')
  const history = apiClient(HistoryService, beseda.url, one.bob.tokens.accessToken)
  const { calls } = await history.listCalls({ groupId: one.groupId, limit: 5 })
  expect(calls).toMatchObject([{ callId: one.callId, recordedByUserIds: [one.ann.userId] }])
  // As every file: with its message it goes.
  await one.ann.groups.deleteMessage({ commandId: newId(), groupId: one.groupId, messageId: message.id })
  await vi.waitFor(async () => expect(await one.files()).toEqual([]))
})

test('a message with the id of the recording takes nothing away from it', async () => {
  const one = await recorded()
  await one.put(0, MP4)
  await one.bob.groups.postMessage({ groupId: one.groupId, messageId: one.recordingId, text: 'mine' })
  await finish(one)
  expect((await messageOf(one)).authorId).toBe(one.ann.userId)
})

test('sound only is a sound file', async () => {
  const one = await recorded(true)
  await one.put(0, MP4)
  await finish(one)
  expect((await messageOf(one)).attachments).toMatchObject([{ contentType: 'audio/mp4' }])
})

test('pieces come in order, from the device that records, and not without end', async () => {
  const one = await recorded()
  const half = film(600_000)
  expect(await one.put(1, half)).toBe('RECORDING_GAP')
  expect(await one.put(0, half, one.bob)).toBe('RECORDING_NOT_FOUND')
  const stranger = await Person.register(beseda.url)
  expect(await one.put(0, half, stranger)).toBe('RECORDING_NOT_FOUND')
  expect(await one.put(0, half)).toBe('stored')
  expect(await one.put(1, half)).toBe('TOO_LARGE')
  expect(await one.put(1, new Uint8Array(8 * 1024 * 1024 + 1))).toBe('TOO_LARGE')
  expect(await one.put(1, new Uint8Array(400_000))).toBe('stored')
  const { groupId, callId, recordingId } = one
  expect(await reasonOf(recordings(one.bob).finishRecording({ groupId, callId, recordingId }))).toBe(
    'RECORDING_NOT_FOUND',
  )
})

test('what is no recording is not taken, nor a recording of many pieces with nothing in them', async () => {
  const one = await recorded()
  for (const bytes of [text('<!doctype html><script>alert(1)</script>'), new Uint8Array(300), new Uint8Array()]) {
    expect(await one.put(0, bytes)).toBe('BAD_FILE')
  }
  expect(await one.put(0, film(256))).toBe('stored')
  expect(await one.put(1, new Uint8Array())).toBe('BAD_FILE')
  expect(await one.put(1, new Uint8Array(255))).toBe('stored')
  // It was the last.
  expect(await one.put(2, text('more'))).toBe('BAD_FILE')
  await finish(one)
  expect((await messageOf(one)).attachments).toMatchObject([{ contentType: 'video/mp4', size: 511n }])
})

test('of somebody who is no longer a member nothing is posted, and nothing stays', async () => {
  const one = await recorded()
  const { ann, bob, groupId, callId } = one
  // Bob records when Ann does not any more.
  await recordings(ann).stopRecording({ groupId, callId, recordingId: one.recordingId })
  const begun = await recordings(bob).startRecording({ groupId, callId, commandId: newId() })
  const bobs = { ...one, recordingId: begun.call?.recording?.id ?? '' }
  const url = `${beseda.url}/api/recordings/${bobs.recordingId}/0?group=${groupId}`
  const headers = { Authorization: `Bearer ${bob.tokens.accessToken}` }
  expect((await fetch(url, { method: 'PUT', body: MP4, headers })).status).toBe(200)
  await ann.membership.removeMember({ commandId: newId(), groupId, userId: bob.userId })
  await recordings(bob).finishRecording({ groupId, callId, recordingId: bobs.recordingId })
  const bus = await beseda.connectToBus()
  const objects = await new Objm(bus).open(FILES_BUCKET)
  await vi.waitFor(async () => {
    const left = (await objects.list()).filter(({ deleted, name }) => !deleted && name.startsWith(bobs.recordingId))
    expect(left).toEqual([])
  })
  expect(await reasonOf(ann.groups.getMessage({ groupId, messageId: bobs.recordingId }))).toBe('MESSAGE_NOT_FOUND')
})
