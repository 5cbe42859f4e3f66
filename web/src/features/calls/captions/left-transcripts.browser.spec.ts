import { openDB } from 'idb'
import { beforeEach, expect, test } from 'vitest'
import { forgetBackgrounds, RECORDINGS_DATABASE, TRANSCRIPTS_DATABASE } from '../../auth/own-backgrounds.js'
import { pieceStore } from '../recording/piece-store.js'
import { postLeft } from './left-transcripts.js'
import { TranscriptCopy } from './transcript-copy.js'
import { transcriptStore } from './transcript-store.js'

const WEEK = 7 * 24 * 3_600_000
let posted: [string, readonly string[]][]
let isOffline = false
const post = async (groupId: string, lines: readonly { readonly text: string }[]) => {
  if (isOffline) throw new Error('no network')
  posted.push([groupId, lines.map(({ text }) => text)])
}
const line = (key: number, text: string) => ({ key, userId: 'ann', at: Date.now(), text, language: 'en' })
beforeEach(async () => {
  for (const id of await transcriptStore.transcripts()) await transcriptStore.remove(id)
  posted = []
  isOffline = false
})
/** As a page that died has left it: nobody holds it. */
async function left(groupId: string, ...texts: string[]): Promise<void> {
  const place = { transcriptId: `of ${groupId}`, groupId, keptBy: 'ann' }
  const lines = texts.map((text, i) => ({ ...line(i + 9, text), ...place }))
  await transcriptStore.put(lines)
}

test('what was left is posted, in its order and once', async () => {
  await left('chess', 'one', 'two')
  await left('go', 'three')
  await postLeft(Date.now(), 'ann', post)
  await postLeft(Date.now(), 'ann', post)
  expect(posted).toEqual([
    ['chess', ['one', 'two']],
    ['go', ['three']],
  ])
})

test('what cannot be posted is tried again, for a week', async () => {
  await left('chess', 'one')
  isOffline = true
  await postLeft(Date.now(), 'ann', post)
  expect(await transcriptStore.transcripts()).toHaveLength(1)
  await postLeft(Date.now() + WEEK + 60_000, 'ann', post)
  expect(await transcriptStore.transcripts()).toEqual([])
})

test('what a page keeps now is left alone; when it has posted it, nothing is left, and what comes then is another one', async () => {
  const copy = new TranscriptCopy('chess', 'ann')
  copy.follow([line(1, 'one')])
  copy.follow([line(1, 'one'), line(2, 'two')])
  await expect.poll(async () => (await transcriptStore.transcripts()).length).toBe(1)
  await postLeft(Date.now(), 'ann', post)
  expect(posted).toEqual([])
  await copy.drop(copy.id)
  expect(await transcriptStore.transcripts()).toEqual([])
  copy.follow([])
  copy.follow([line(3, 'three')])
  await expect.poll(async () => (await transcriptStore.transcripts()).length).toBe(1)
  const [id = ''] = await transcriptStore.transcripts()
  expect((await transcriptStore.of(id)).map(({ text }) => text)).toEqual(['three'])
  await copy.drop(copy.id)
})

test('a page that ends after posting, before it has dropped its copy, has the next one post the same message', async () => {
  const copy = new TranscriptCopy('chess', 'ann')
  const { id } = copy
  copy.follow([line(1, 'one')])
  copy.leave()
  const ids: string[] = []
  const late = async (_: string, __: unknown, messageId: string) => {
    ids.push(messageId)
    throw new Error('the page ends')
  }
  for (const times of [1, 2]) {
    await expect
      .poll(async () => {
        await postLeft(Date.now(), 'ann', late)
        return ids.length
      })
      .toBeGreaterThanOrEqual(times)
  }
  expect(new Set(ids)).toEqual(new Set([id]))
})

test('another one that begins while one is posted is not dropped with it', async () => {
  const copy = new TranscriptCopy('chess', 'ann')
  copy.follow([line(1, 'one')])
  const { id } = copy
  copy.follow([])
  copy.follow([line(2, 'two')])
  await copy.drop(id)
  expect(await transcriptStore.transcripts()).toEqual([copy.id])
  await copy.drop(copy.id)
})

test('two people at one browser: whoever comes next posts nothing of the one before, who finds it when they are back', async () => {
  const copy = new TranscriptCopy('chess', 'bob')
  copy.follow([line(1, 'of Bob')])
  await expect.poll(async () => (await transcriptStore.transcripts()).length).toBe(1)
  // His page ends.
  const [id = ''] = await transcriptStore.transcripts()
  const lines = await transcriptStore.of(id)
  await copy.drop(copy.id)
  await transcriptStore.put(lines)
  await left('go', 'of Ann')
  await postLeft(Date.now(), 'ann', post)
  expect([posted, await transcriptStore.transcripts()]).toEqual([[['go', ['of Ann']]], [id]])
  await postLeft(Date.now(), 'bob', post)
  expect([posted[1], await transcriptStore.transcripts()]).toEqual([['chess', ['of Bob']], []])
})

test('what somebody else has kept is dropped after a week', async () => {
  await left('chess', 'one')
  await postLeft(Date.now() + WEEK + 60_000, 'bob', post)
  expect([posted, await transcriptStore.transcripts()]).toEqual([[], []])
})

test('what is said while a posted one is dropped belongs to the next one, which nobody else posts', async () => {
  const copy = new TranscriptCopy('chess', 'ann')
  copy.follow([line(1, 'one')])
  const dropping = copy.drop(copy.id)
  copy.follow([line(2, 'two')])
  await dropping
  await expect.poll(async () => (await transcriptStore.transcripts()).length).toBe(1)
  await postLeft(Date.now(), 'ann', post)
  expect([posted, (await transcriptStore.transcripts()).length]).toEqual([[], 1])
  await copy.drop(copy.id)
})

test('one that could not be posted and one that is begun then are two', async () => {
  const copy = new TranscriptCopy('chess', 'ann')
  copy.follow([line(1, 'one')])
  copy.follow([])
  copy.follow([line(2, 'two')])
  await expect.poll(async () => (await transcriptStore.transcripts()).length).toBe(2)
  await expect
    .poll(async () => {
      await postLeft(Date.now(), 'ann', post)
      return posted
    })
    .toEqual([['chess', ['one']]])
  await copy.drop(copy.id)
  expect(await transcriptStore.transcripts()).toEqual([])
})

test('whoever signs out has nothing kept of a call that goes on; the next call has a copy again', async () => {
  const copy = new TranscriptCopy('chess', 'ann')
  copy.follow([line(1, 'one')])
  await expect.poll(async () => (await transcriptStore.transcripts()).length).toBe(1)
  await new Promise((resolve) => {
    indexedDB.deleteDatabase(TRANSCRIPTS_DATABASE).onsuccess = resolve
  })
  copy.follow([line(2, 'two')])
  const next = new TranscriptCopy('go', 'ann')
  next.follow([line(1, 'three')])
  await expect.poll(async () => (await transcriptStore.transcripts()).length).toBeGreaterThan(0)
  const kept = await Promise.all((await transcriptStore.transcripts()).map((id) => transcriptStore.of(id)))
  expect(kept.flat().map(({ text }) => text)).toEqual(['three'])
  await Promise.all([copy.drop(copy.id), next.drop(next.id)])
})

test('recordings have a database as the release before has it, which lacks nothing; whoever signs out leaves no transcript', async () => {
  await left('chess', 'one')
  await pieceStore.recordings()
  const before = await openDB(RECORDINGS_DATABASE, 1)
  expect([...before.objectStoreNames]).toEqual(['pieces'])
  before.close()
  forgetBackgrounds()
  await expect.poll(() => transcriptStore.transcripts()).toEqual([])
})
