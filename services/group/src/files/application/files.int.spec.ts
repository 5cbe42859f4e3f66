import { readFile } from 'node:fs/promises'
import { SqliteView } from '@beseda/event-log'
import { newId } from '@beseda/kernel'
import { type BlobStore, openBlobs, pieceOf, setUpLog, streamOf } from '@beseda/platform'
import { FILES_BUCKET } from '@beseda/proto'
import { FilePurpose } from '@beseda/proto/group/v1/group_service'
import { startNats, type TestNats } from '@beseda/testkit'
import { jetstream, jetstreamManager } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { refusalOf } from '../../../../testing/refusal-of.js'
import { historyView } from '../../view/history-view.js'
import { BlobFiles } from '../adapters/blob-files.js'
import { PictureInspector } from '../adapters/picture-inspector.js'
import { SqliteFileUses } from '../adapters/views/file-uses.js'
import { FileSweeper } from './file-sweeper.js'
import { Files } from './files.js'

/** Files on a real object store, with the rights of the group service. */
let nats: TestNats
let connection: NatsConnection
let store: BlobFiles
let blobs: BlobStore
let files: Files
let sweeper: FileSweeper
const view = SqliteView.open(':memory:', historyView)
const uses = new SqliteFileUses({ view })
const shown = new Set<string>()
beforeAll(async () => {
  nats = await startNats({ config: 'production' })
  const admin = await nats.connect('admin')
  await setUpLog(admin, { partitions: 1, replicas: 1 })
  await admin.close()
  connection = await nats.connect('group')
  blobs = await openBlobs(connection, undefined)
  store = new BlobFiles(blobs)
  // Nobody downloads anything here.
  const [access, messages, catchUp] = [{ find: () => undefined }, { visible: () => undefined }, async () => {}]
  files = new Files(store, uses, new PictureInspector(), access, messages, { catchUp })
  sweeper = new FileSweeper(store, uses, { avatars: async () => [...shown] }, async () => undefined, true)
})
afterAll(async () => {
  view.close()
  await connection?.close()
  await nats?.stop()
})

/** As the gateway leaves it. */
async function upload(text: string, userId = newId()): Promise<{ fileId: string; userId: string }> {
  const fileId = newId()
  await blobs.put(fileId, streamOf(new TextEncoder().encode(text)), { user: userId })
  await files.finish(fileId, userId, 'notes.txt', FilePurpose.ATTACHMENT, new AbortController().signal)
  return { fileId, userId }
}

test('a picture that is not read whole is a file like any other, and no picture of a person', async () => {
  const inspector = new PictureInspector()
  const png = new Uint8Array(await readFile(new URL('../../../../../web/public/icons/192.png', import.meta.url)))
  expect(await inspector.inspect(png, true, FilePurpose.ATTACHMENT)).toMatchObject({
    contentType: 'image/png',
    width: 192,
  })
  const file = { contentType: 'application/octet-stream', width: 0, thumbnail: undefined }
  expect(await inspector.inspect(png, false, FilePurpose.ATTACHMENT)).toMatchObject(file)
  expect(await refusalOf(inspector.inspect(png, false, FilePurpose.AVATAR))).toBe('BAD_FILE')
})

test('the beginning of a file is read without the rest', async () => {
  const { fileId } = await upload('0123456789')
  expect(new TextDecoder().decode(await store.read(fileId, 4))).toBe('0123')
  expect(new TextDecoder().decode(await store.read(fileId))).toBe('0123456789')
})

const tomorrow = () => Date.now() + 25 * 3_600_000

test('what nobody has sent within a day is swept; what a message names stays', async () => {
  const [sent, forgotten] = [await upload('sent'), await upload('forgotten')]
  view.run('INSERT INTO file_use VALUES (?, ?, ?)', sent.fileId, 'g', 'm')
  await sweeper.sweep(Date.now())
  expect(await store.find(forgotten.fileId)).toBeDefined()
  await sweeper.sweep(tomorrow())
  expect(await store.find(forgotten.fileId)).toBeUndefined()
  expect(await store.find(sent.fileId)).toMatchObject({ file: { name: 'notes.txt', contentType: 'text/plain' } })
})

test('who sees some partitions only deletes nothing: what nothing names there may be named in another', async () => {
  const { fileId } = await upload('in another partition')
  view.run('INSERT INTO file_due VALUES (?, ?, ?)', fileId, 'g', 'ann')
  const part = new FileSweeper(store, uses, { avatars: async () => [] }, async () => undefined, false)
  await part.deleteDue()
  await part.sweep(tomorrow())
  expect(await store.find(fileId)).toBeDefined()
  await sweeper.deleteDue()
  expect(await store.find(fileId)).toBeUndefined()
})

test('a hold that this replica learns of in the last moment keeps the file', async () => {
  const { fileId } = await upload('of a held group')
  view.run('INSERT INTO file_due VALUES (?, ?, ?)', fileId, 'held', 'ann')
  const learn = async () => void view.run("INSERT OR IGNORE INTO hold VALUES ('group', 'held', '', 'ada', 0)")
  const late = new FileSweeper(store, uses, { avatars: async () => [] }, learn, true)
  await late.deleteDue()
  view.run('DELETE FROM hold')
  await late.sweep(tomorrow())
  expect(await store.find(fileId)).toBeDefined()
  view.run('DELETE FROM hold')
  await sweeper.deleteDue()
  expect(await store.find(fileId)).toBeUndefined()
})

test('the pieces of a recording are one file in their order, and are gone one by one', async () => {
  const [fileId, userId] = [newId(), newId()]
  expect(await store.joinPieces(fileId, userId)).toBe(false)
  // More than ten: in the order of their numbers, not of their names.
  for (let n = 0; n < 12; n++) await blobs.put(pieceOf(fileId, n), streamOf(new TextEncoder().encode(`${n} `)), {})
  expect(await store.joinPieces(fileId, userId)).toBe(true)
  expect(new TextDecoder().decode(await store.read(fileId))).toBe('0 1 2 3 4 5 6 7 8 9 10 11 ')
  expect(await store.find(fileId)).toMatchObject({ userId, file: undefined })
  await store.deletePieces(fileId)
  const left = (await blobs.list()).filter(({ name }) => name.startsWith(fileId)).map(({ name }) => name)
  expect(left).toEqual([fileId])
})

test('whoever joins while another one deletes the pieces makes no shorter file', async () => {
  const [fileId, userId] = [newId(), newId()]
  const put = async (n: number) => blobs.put(pieceOf(fileId, n), streamOf(new TextEncoder().encode(`${n} `)), {})
  for (let n = 0; n < 3; n++) await put(n)
  // Deleted after they were counted.
  const late = new BlobFiles(
    new Proxy(blobs, {
      get: (all, name) =>
        name === 'read'
          ? async (key: string) => (key === pieceOf(fileId, 2) ? undefined : all.read(key))
          : Reflect.get(all, name).bind(all),
    }),
  )
  await expect(late.joinPieces(fileId, userId)).rejects.toThrow()
  expect(await store.find(fileId)).toBeUndefined()
  await store.joinPieces(fileId, userId)
  await blobs.delete(pieceOf(fileId, 2))
  expect(await store.joinPieces(fileId, userId)).toBe(true)
  expect(new TextDecoder().decode(await store.read(fileId))).toBe('0 1 2 ')
})

test('pieces of which nothing became are swept after a day', async () => {
  const fileId = newId()
  await blobs.put(pieceOf(fileId, 0), streamOf(new TextEncoder().encode('lost')), { user: newId() })
  await sweeper.sweep(Date.now())
  expect(await blobs.info(pieceOf(fileId, 0))).toBeDefined()
  await sweeper.sweep(tomorrow())
  expect(await blobs.info(pieceOf(fileId, 0))).toBeUndefined()
})

test('a picture stays as long as somebody shows it', async () => {
  const [face, badge, old] = [await upload('face'), await upload('badge'), await upload('old')]
  shown.add(face.fileId)
  view.run(
    "INSERT INTO grp (id, kind, name, topic, created_at, founder_id, group_seq, number, avatar_file_id) VALUES ('g', 2, '', '', 0, '', 1, 1, ?)",
    badge.fileId,
  )
  for (const { fileId } of [face, badge, old]) {
    const { file } = (await store.find(fileId))!
    await store.describe(fileId, { ...file!, purpose: FilePurpose.AVATAR })
  }
  await sweeper.sweep(tomorrow())
  expect(
    await Promise.all([face, badge, old].map(async ({ fileId }) => (await store.find(fileId)) !== undefined)),
  ).toEqual([true, true, false])
})

test('remains of a broken upload are swept when they do not grow any more', async () => {
  const subject = `$O.${FILES_BUCKET}.C.${newId()}`
  const js = jetstream(connection)
  const manager = await jetstreamManager(connection, { checkAPI: false })
  const pieces = async () =>
    (await manager.streams.info(`OBJ_${FILES_BUCKET}`, { subjects_filter: subject })).state.subjects?.[subject] ?? 0
  await js.publish(subject, 'one')
  await sweeper.sweep(Date.now())
  await js.publish(subject, 'two')
  await sweeper.sweep(Date.now())
  expect(await pieces()).toBe(2)
  await sweeper.sweep(Date.now())
  expect(await pieces()).toBe(0)
})
