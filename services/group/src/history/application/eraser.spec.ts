import { commandCommit, MemoryEventStore } from '@beseda/event-log'
import { newId } from '@beseda/kernel'
import { goneSubject, historyStream, PEOPLE_STREAM, personalStream } from '@beseda/proto'
import { PersonGoneSchema } from '@beseda/proto/identity/v1/events'
import { create } from '@bufbuild/protobuf'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { action, found, LATER, NOW, play, playAll } from '../../../../testing/erasure-play.js'
import { groupParts } from '../../../../testing/group-parts.js'
import { replica } from '../../../../testing/scheduled.js'
import { historyView } from '../../view/history-view.js'

/**
 * Erasure in any interleaving with what people do, on two replicas: a view that is built from what is left in the log says
 * what the others say, and what was deleted is nowhere.
 */
const STREAM = historyStream(0)
const STREAMS = [STREAM, personalStream(0), PEOPLE_STREAM]
const signal = new AbortController().signal

type Part = Awaited<ReturnType<typeof serviceOn>>

async function serviceOn(store: MemoryEventStore, s?: fc.Scheduler) {
  const { history, projection, stop } = await replica(store, STREAMS, historyView, s)
  const parts = groupParts(history, projection)
  // No group here ends, and no message has a file.
  const groups = { close: () => Promise.reject(new Error('nobody left')) }
  const files = { deleteDue: () => Promise.resolve() }
  return { ...parts, projection, stop, eraser: parts.eraser(groups, files) }
}

/** What every member sees, and what is found by every word. */
async function shown({ groups, queries, markers }: Part, groupId: string, words: ReadonlyMap<string, string>) {
  const group = groups.group(groupId)
  if (!group) throw new Error('no group')
  const page = { groupId, beforeSeq: 0, afterSeq: 0, aroundMessageId: '', atTime: undefined, limit: 100, minSeq: 0 }
  const search = {
    authorId: '',
    has: [],
    mentionsMe: false,
    pinned: false,
    reacted: false,
    after: 0,
    before: 0,
    cursor: 0,
    limit: 50,
  }
  const main = await queries.page({ ...page, threadId: '' }, 'ann', signal)
  const threads = await Promise.all(
    main.messages.map(({ id }) => queries.page({ ...page, threadId: id }, 'ann', signal)),
  )
  const found = await Promise.all(
    [...words.keys()].map(
      async (query) => (await queries.search(groupId, 'ann', { ...search, query: `${query} ` }, signal)).messages,
    ),
  )
  return {
    main,
    threads,
    pins: await queries.pins(groupId, 'ann', 0, signal),
    counters: groups.members(groupId).map((member) => {
      // How far the log goes is another matter: an erasure adds to it.
      const { unread, mentions } = markers.state(group, member, Date.now())
      return [member.userId, unread, mentions]
    }),
    found: found.map((messages) => messages.map(({ id }) => id).toSorted()),
  }
}

test('what is left of the log says the same, and nothing of what was deleted', async () => {
  let [gone, erased] = [0, 0]
  const actions = fc.array(action, { minLength: 4, maxLength: 24 })
  const property = fc.asyncProperty(fc.scheduler(), actions, async (s, all) => {
    const store = new MemoryEventStore()
    const groupId = await found(store)
    const parts = [await serviceOn(store, s), await serviceOn(store, s)]
    const words = new Map<string, string>()
    await playAll(parts, groupId, all, words, s)
    for (let round = 0; round < 3; round++) {
      for (const { eraser, projection } of parts) {
        await s.waitFor(projection.waitFor(STREAM, (await store.info(STREAM)).lastSeq))
        await s.waitFor(eraser.round(LATER))
      }
    }
    const { lastSeq } = await store.info(STREAM)
    for (const { projection } of parts) await s.waitFor(projection.waitFor(STREAM, lastSeq))
    const fresh = await serviceOn(store)
    await fresh.eraser.round(LATER)
    const present = await shown(fresh, groupId, words)

    const standing = fresh.projection.view.all<{ id: string }>('SELECT id FROM message WHERE deleted = 0')
    const forbidden = [...words].filter(([, messageId]) => !standing.some(({ id }) => id === messageId))
    const log = await store.read(STREAM, { afterSeq: 0, limit: 10_000 })
    const contents = [log.map(({ bytes }) => Buffer.from(bytes).toString()).join()]
    for (const part of [...parts, fresh]) {
      expect(await s.waitFor(shown(part, groupId, words))).toEqual(present)
      const { view } = part.projection
      expect(view.all('SELECT * FROM erasure_due')).toEqual([])
      const kept = view.all<{ body: Uint8Array }>('SELECT body FROM message UNION ALL SELECT event FROM early_edit')
      contents.push(kept.map(({ body }) => Buffer.from(body).toString()).join())
    }
    for (const [word] of forbidden) for (const text of contents) expect(text).not.toContain(word)
    for (const { stop } of [...parts, fresh]) await stop()
    gone += forbidden.length
    erased += lastSeq - log.length
  })
  await fc.assert(property, { numRuns: 150 })
  // A history in which nothing goes proves nothing.
  expect(gone).toBeGreaterThan(100)
  expect(erased).toBeGreaterThan(100)
})

test('what somebody says in the moment in which their account goes is erased, too', async () => {
  const store = new MemoryEventStore()
  const groupId = await found(store)
  const part = await serviceOn(store)
  const [ids, words] = [[] as string[], new Map<string, string>()]
  const post = () => play(part, groupId, ids, words, { replica: 0, who: 'eve', which: 0, what: 'post' })
  await post()
  const commit = commandCommit({ commandId: newId(), actorId: 'eve', now: NOW }, [
    { case: 'personGone', value: create(PersonGoneSchema) },
  ])
  const gone = await store.append({ stream: PEOPLE_STREAM, subject: goneSubject('eve'), commit })
  await part.projection.waitFor(PEOPLE_STREAM, gone.kind === 'appended' ? gone.seq : 0)
  await part.eraser.round(NOW)
  await post()
  for (const _ of [1, 2]) await part.eraser.round(NOW)
  const log = await store.read(STREAM, { afterSeq: 0, limit: 100 })
  const text = log.map(({ bytes }) => Buffer.from(bytes).toString()).join()
  expect(words.size).toBe(2)
  for (const word of words.keys()) expect(text).not.toContain(word)
  await part.stop()
})
