import { newId } from '@beseda/kernel'
import { MessageDeletedSchema, MessagePostedSchema, NewcomerHistory } from '@beseda/proto/group/v1/events'
import { type File, FilePurpose } from '@beseda/proto/group/v1/group_service'
import { MembersAddedSchema } from '@beseda/proto/membership/v1/events'
import { create } from '@bufbuild/protobuf'
import { expect, test } from 'vitest'
import { groupWorld, settingsChanged } from '../../../../testing/group-world.js'
import { refusalOf } from '../../../../testing/refusal-of.js'
import { SqliteFileUses } from '../adapters/views/file-uses.js'
import { Files } from './files.js'
import { type FileRecord, FileStore } from './ports.js'

const { signal } = new AbortController()

/** Files in memory: `bytes` by id, uploaded by Ann. */
class MemoryFiles extends FileStore {
  readonly records = new Map<string, FileRecord>()
  readonly thumbnails = new Set<string>()

  upload(userId = 'ann', size = 3): string {
    const id = newId()
    this.records.set(id, { id, size, storedAt: 0, userId, file: undefined })
    return id
  }
  async find(fileId: string) {
    return this.records.get(fileId)
  }
  async read(_: string, first?: number) {
    return new Uint8Array(first ?? 3)
  }
  async describe(fileId: string, file: File) {
    const record = this.records.get(fileId)
    if (record) this.records.set(fileId, { ...record, file })
  }
  async putThumbnail(fileId: string) {
    this.thumbnails.add(fileId)
  }
  async delete(fileId: string) {
    this.records.delete(fileId)
  }
  async list() {
    return [...this.records.values()]
  }
  async sweepRemains() {}
  async joinPieces() {
    return false
  }
  async deletePieces() {}
}

async function filesOn() {
  const world = await groupWorld()
  const store = new MemoryFiles()
  const inspected: [bytes: number, isWhole: boolean][] = []
  const inspector = {
    async inspect(bytes: Uint8Array, isWhole: boolean, purpose: FilePurpose) {
      inspected.push([bytes.length, isWhole])
      if (purpose === FilePurpose.UNSPECIFIED) throw new Error('cannot be read')
      const thumbnail = purpose === FilePurpose.AVATAR ? new Uint8Array(1) : undefined
      return { contentType: 'text/plain', width: 0, height: 0, thumbnail, moves: thumbnail !== undefined }
    },
  }
  let caughtUp = 0
  const view = { catchUp: async () => void caughtUp++ }
  const uses = new SqliteFileUses(world.projection)
  const files = new Files(store, uses, inspector, world.access, world.messages, view)
  const attach = async (groupId: string, fileId: string) => {
    const value = create(MessagePostedSchema, { messageId: newId(), authorId: 'ann', attachments: [{ fileId }] })
    await world.write(groupId, 'messages', { case: 'messagePosted', value })
    return value.messageId
  }
  const finished = async (purpose = FilePurpose.ATTACHMENT) => {
    const fileId = store.upload()
    await files.finish(fileId, 'ann', '../notes.txt', purpose, signal)
    return fileId
  }
  return { ...world, store, files, attach, finished, inspected, caughtUp: () => caughtUp }
}

test('an upload is inspected once, by whoever uploaded it, and deleted when it cannot be read', async () => {
  const { store, files } = await filesOn()
  const fileId = store.upload()
  expect(await refusalOf(files.finish(fileId, 'bob', 'x', FilePurpose.AVATAR, signal))).toBe('FILE_NOT_FOUND')
  const file = await files.finish(fileId, 'ann', '../me.png', FilePurpose.AVATAR, signal)
  expect(file).toMatchObject({
    id: fileId,
    name: 'me.png',
    size: 3n,
    hasThumbnail: true,
    moves: true,
    purpose: FilePurpose.AVATAR,
  })
  expect(store.thumbnails.has(fileId)).toBe(true)
  expect(await files.finish(fileId, 'ann', 'other.png', FilePurpose.ATTACHMENT, signal)).toBe(file)
  const broken = store.upload()
  await expect(files.finish(broken, 'ann', 'x', FilePurpose.UNSPECIFIED, signal)).rejects.toThrow('cannot be read')
  expect(store.records.has(broken)).toBe(false)
})

test('of a file that is larger than a process should hold only the beginning is read', async () => {
  const { store, files, inspected } = await filesOn()
  for (const size of [3, 64 * 2 ** 20, 64 * 2 ** 20 + 1, 2 ** 30]) {
    await files.finish(store.upload('ann', size), 'ann', 'x', FilePurpose.ATTACHMENT, signal)
  }
  const part = [2 ** 20, false]
  expect(inspected).toEqual([[3, true], [3, true], part, part])
})

test('is used by whoever uploaded it, for what it was uploaded', async () => {
  const { files, store, finished } = await filesOn()
  const fileId = await finished()
  expect(await files.require(fileId, 'ann', FilePurpose.ATTACHMENT)).toMatchObject({ id: fileId })
  expect(await refusalOf(files.require(fileId, 'bob', FilePurpose.ATTACHMENT))).toBe('FILE_NOT_FOUND')
  expect(await refusalOf(files.require(fileId, 'ann', FilePurpose.AVATAR))).toBe('BAD_FILE')
  expect(await refusalOf(files.require(store.upload(), 'ann', FilePurpose.ATTACHMENT))).toBe('FILE_NOT_FOUND')
})

test('is downloaded by those who see a message with it, as long as it is there', async () => {
  const { files, found, write, attach, finished, history } = await filesOn()
  const groupId = await found(['ann', 'bob'])
  await history.catchUp(groupId)
  await write(groupId, 'group', settingsChanged({ newcomerHistory: NewcomerHistory.FROM_JOINING }))
  const fileId = await finished()
  const may = (userId: string) => refusalOf(files.authorize(fileId, userId, signal))
  // Not sent yet: for its owner alone.
  expect([await may('ann'), await may('bob')]).toEqual(['accepted', 'FILE_NOT_FOUND'])
  const messageId = await attach(groupId, fileId)
  const value = create(MembersAddedSchema, { userIds: ['kim'] })
  await write(groupId, 'roster', { case: 'membersAdded', value })
  expect([await may('bob'), await may('eve'), await may('kim')]).toEqual([
    'accepted',
    'FILE_NOT_FOUND',
    'FILE_NOT_FOUND',
  ])
  const deleted = create(MessageDeletedSchema, { messageId })
  await write(groupId, 'messages', { case: 'messageDeleted', value: deleted })
  expect(await may('bob')).toBe('FILE_NOT_FOUND')
})

test('nobody is refused on a view that may be behind, and pictures of people are for everybody', async () => {
  const { files, finished, caughtUp } = await filesOn()
  expect(await refusalOf(files.authorize(await finished(FilePurpose.AVATAR), 'eve', signal))).toBe('accepted')
  expect(caughtUp()).toBe(0)
  expect(await refusalOf(files.authorize(await finished(), 'eve', signal))).toBe('FILE_NOT_FOUND')
  expect(caughtUp()).toBe(1)
  expect(await refusalOf(files.authorize(newId(), 'eve', signal))).toBe('FILE_NOT_FOUND')
})

test('a file that is not there is looked for as long as one that is hidden', async () => {
  const { files, finished, caughtUp } = await filesOn()
  for (const fileId of [await finished(), newId()]) {
    const before = caughtUp()
    expect(await refusalOf(files.authorize(fileId, 'eve', signal))).toBe('FILE_NOT_FOUND')
    expect(caughtUp()).toBe(before + 1)
  }
})

test('two are inspected at once; of those who wait nobody is inspected who has gone, and too many are refused', async () => {
  const { store, files } = await filesOn()
  const reads: (() => void)[] = []
  store.read = () => new Promise((resolve) => reads.push(() => resolve(new Uint8Array(3))))
  const gone = new AbortController()
  const finish = (by: AbortSignal) =>
    refusalOf(files.finish(store.upload(), 'ann', 'x', FilePurpose.ATTACHMENT, by)).catch(() => 'gone')
  const all = Array.from({ length: 80 }, (_, i) => finish(i % 2 ? signal : gone.signal))
  await new Promise(setImmediate)
  expect(reads).toHaveLength(2)
  gone.abort()
  for (let read = reads.shift(); read; read = reads.shift()) {
    read()
    await new Promise(setImmediate)
  }
  const answers = await Promise.all(all)
  expect(answers.filter((answer) => answer === 'RATE_LIMITED')).toHaveLength(80 - 66)
  // The first had begun; of the 66 let in, half had gone.
  expect(answers.filter((answer) => answer === 'accepted')).toHaveLength(34)
})
