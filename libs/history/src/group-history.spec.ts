import { SerialQueue } from '@beseda/async'
import { type EventBody, MemoryEventStore, Projection, SqliteView, type ViewDefinition } from '@beseda/event-log'
import { newId, Refusal } from '@beseda/kernel'
import { historyStream, historySubject } from '@beseda/proto'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { GroupUpdatedSchema } from '@beseda/proto/group/v1/events'
import { create } from '@bufbuild/protobuf'
import { beforeEach, expect, onTestFinished, test } from 'vitest'
import { type Caller, GroupHistory, upToDate } from './group-history.js'

const PARTITIONS = 4
const STREAMS = Array.from({ length: PARTITIONS }, (_, p) => historyStream(p))
const lastOfSubject: ViewDefinition = {
  name: 'last',
  version: 1,
  schema: 'CREATE TABLE last (subject TEXT PRIMARY KEY, seq INTEGER NOT NULL)',
  apply: (view, { subject, seq }) => void view.run('INSERT OR REPLACE INTO last VALUES (?, ?)', subject, seq),
}

let store: MemoryEventStore
let projection: Projection
let history: GroupHistory
beforeEach(async () => {
  store = new MemoryEventStore()
  const view = SqliteView.open(':memory:', lastOfSubject)
  projection = new Projection({ store, view, streams: STREAMS, onFailure: () => undefined })
  onTestFinished(() => projection.stop())
  projection.start()
  await projection.ready
  history = new GroupHistory({ store, projection, queue: new SerialQueue() }, PARTITIONS)
})

const { signal } = new AbortController()
const caller = (): Caller => ({ commandId: newId(), userId: 'ann', now: new Date(0), traceparent: undefined, signal })
const renamed: EventBody = { case: 'groupUpdated', value: create(GroupUpdatedSchema, { name: 'Go' }) }
const seqOf = (subject: string) =>
  projection.view.get<{ seq: number }>('SELECT seq FROM last WHERE subject = ?', subject)?.seq ?? 0
const write = async (groupId: string, lane: 'group' | 'roster') => {
  const commit = { $typeName: 'beseda.log.v1.Commit' as const, id: newId(), traceparent: '', rosterSeq: 0n, events: [] }
  const result = await store.append({
    stream: history.stream(groupId),
    subject: history.subject(groupId, lane),
    commit,
  })
  return result.kind === 'appended' ? result.seq : 0
}

test('a group is in one partition for ever, and its lanes in the stream of that partition', () => {
  const groupId = '018f0000-0000-7000-8000-000000000001'
  const partition = history.partition(groupId)
  expect(partition).toBe(new GroupHistory(history.deps, PARTITIONS).partition(groupId))
  expect(history.stream(groupId)).toBe(historyStream(partition))
  expect(history.subject(groupId, 'roster')).toBe(historySubject(partition, groupId, 'roster'))
})

test('a command is written to its lane and is in the view', async () => {
  const groupId = newId()
  const subject = history.subject(groupId, 'group')
  const { seq } = await history.run(groupId, 'group', caller(), {
    load: () => ({ state: undefined, lastSeq: seqOf(subject) }),
    decide: () => [renamed],
  })
  expect([seq, seqOf(subject)]).toEqual([1, 1])
  expect((await store.last(history.stream(groupId), subject))?.commit.events[0]).toMatchObject({ actorId: 'ann' })
})

test('what is read of a group is as of the last commit that its view has, at every moment', async () => {
  const groupId = newId()
  expect(history.asOf(groupId)).toBe(0)
  const seqs = [await write(groupId, 'group'), await write(groupId, 'roster')]
  // Also before the projection says that it has it.
  const moments: boolean[] = []
  while (projection.applied(history.stream(groupId)) < 2) {
    moments.push(
      history.asOf(groupId) ===
        Math.max(...['group', 'roster'].map((lane) => seqOf(history.subject(groupId, lane as 'group')))),
    )
    await new Promise((resolve) => setImmediate(resolve))
  }
  expect([history.asOf(groupId), seqs]).toEqual([2, [1, 2]])
  expect(moments).not.toContain(false)
})

test('a refusal of a command is confirmed on all lanes of the group, not only on the one that it writes', async () => {
  const groupId = newId()
  await write(groupId, 'roster')
  const { events } = await history.run(groupId, 'group', caller(), {
    load: () => ({ state: undefined, lastSeq: 0 }),
    decide: () => {
      if (seqOf(history.subject(groupId, 'roster')) === 0) throw new Refusal(ErrorReason.NOT_A_MEMBER)
      return [renamed]
    },
  })
  expect(events).toHaveLength(1)
})

test('catching up waits for every lane of the group', async () => {
  const groupId = newId()
  const seqs = [await write(groupId, 'group'), await write(groupId, 'roster')]
  await history.catchUp(groupId)
  expect((['group', 'roster'] as const).map((lane) => seqOf(history.subject(groupId, lane)))).toEqual(seqs)
})

test('a sequence of a request is waited for, unless the log ends before it', async () => {
  const groupId = newId()
  const seq = await write(groupId, 'group')
  await history.waitForNamed(groupId, seq, signal)
  expect(seqOf(history.subject(groupId, 'group'))).toBe(seq)
  await expect(history.waitForNamed(groupId, seq + 1, signal)).rejects.toMatchObject({
    reason: ErrorReason.INVALID_REQUEST,
  })
})

test('up to date means every stream', async () => {
  const groupIds = Array.from({ length: 20 }, () => newId())
  for (const groupId of groupIds) await write(groupId, 'group')
  await upToDate(history.deps, STREAMS)
  expect(groupIds.filter((groupId) => seqOf(history.subject(groupId, 'group')) === 0)).toEqual([])
})
