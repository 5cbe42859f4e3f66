import { laneOf } from '@beseda/proto'
import { CommitSchema as FrameSchema } from '@beseda/proto/gateway/v1/frames'
import { CommitSchema, EventSchema } from '@beseda/proto/log/v1/commit'
import { MemberJoinedSchema } from '@beseda/proto/membership/v1/events'
import { create, toBinary } from '@bufbuild/protobuf'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type EntriesPage, entriesBetween } from './entries-between.js'

const GROUP = 'g'
const PAGE = 3

interface Entry {
  readonly seq: number
}
const inOrder = (...lists: (readonly Entry[])[]): readonly Entry[] =>
  [...new Map(lists.flat().map((one) => [one.seq, one])).values()].sort((a, b) => a.seq - b.seq)

const frame = (seq: number) =>
  create(FrameSchema, {
    groupId: GROUP,
    lane: laneOf('roster'),
    seq: BigInt(seq),
    commit: toBinary(
      CommitSchema,
      create(CommitSchema, {
        events: [create(EventSchema, { body: { case: 'memberJoined', value: create(MemberJoinedSchema) } })],
      }),
    ),
  })

/** A server whose answers are made and delivered when the test says so, and a window. */
function world() {
  const listeners = new Map<string, (value: never) => void>()
  const says = (kind: string, value: object) => listeners.get(kind)?.(value as never)
  const server = { head: 0, asked: 0 }
  const open: { beforeSeq: number; answer?: EntriesPage<Entry>; give: (page: EntriesPage<Entry>) => void }[] = []
  const entries = entriesBetween<Entry>({
    connection: { on: (kind: string, listener: (value: never) => void) => listeners.set(kind, listener) } as never,
    area: 'test',
    list: (_, beforeSeq) => new Promise((give) => void open.push({ beforeSeq, give })),
    after: (known, { seq }) => inOrder(known, [{ seq }]),
    merged: inOrder,
  })
  const answerTo = (beforeSeq: number): EntriesPage<Entry> => {
    const newest = beforeSeq === 0 ? server.head : Math.min(server.head, beforeSeq - 1)
    const first = Math.max(1, newest - PAGE + 1)
    const seqs = Array.from({ length: Math.max(0, newest - first + 1) }, (_, i) => ({ seq: first + i }))
    return { entries: seqs, hasMore: first > 1 }
  }
  return {
    entries,
    post: () => ++server.head,
    hear: (seq: number) => says('commit', frame(seq)),
    /** The gateway has more than it will send one by one. */
    miss: () => says('snapshotRequired', { head: { groupId: GROUP } }),
    decide(n: number) {
      const waiting = open.filter(({ answer }) => !answer)
      const one = waiting[n % Math.max(1, waiting.length)]
      if (one) one.answer = answerTo(one.beforeSeq)
    },
    deliver(n: number) {
      const ready = open.filter(({ answer }) => answer)
      const one = ready[n % Math.max(1, ready.length)]
      if (!one?.answer) return
      open.splice(open.indexOf(one), 1)
      one.give(one.answer)
    },
    get isIdle() {
      return open.length === 0
    },
    shown: () => entries.of(GROUP).map(({ seq }) => seq),
  }
}
type World = ReturnType<typeof world>

/** What follows from the last step has happened. */
const afterwards = () => new Promise((done) => setImmediate(done))

async function settle(it: World): Promise<void> {
  while (!it.isIdle) {
    it.decide(0)
    it.deliver(0)
    await afterwards()
  }
}

const step = fc.record({
  do: fc.constantFrom(...(['post', 'post', 'post', 'hear', 'miss', 'reach', 'decide', 'deliver', 'settle'] as const)),
  n: fc.nat({ max: 9 }),
})

test('whatever overtakes whatever: in the end all entries since what was reached, each once, without a gap', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60, size: 'max' }), async (steps) => {
      const it = world()
      let [head, heard] = [0, 0]
      for (const { do: what, n } of steps) {
        if (what === 'post') head = it.post()
        else if (what === 'hear' && heard < head) it.hear(++heard)
        else if (what === 'miss') {
          heard = head
          it.miss()
        } else if (what === 'reach') void it.entries.reach(GROUP, n)
        else if (what === 'decide') it.decide(n)
        else if (what === 'deliver') it.deliver(n)
        else if (what === 'settle') await settle(it)
        await afterwards()
      }
      while (heard < head) it.hear(++heard)
      void it.entries.reach(GROUP, 0)
      await afterwards()
      await settle(it)
      expect(it.shown()).toEqual(Array.from({ length: head }, (_, i) => i + 1))
    }),
    { numRuns: 300 },
  )
})

test('only as far back as was asked for', async () => {
  const it = world()
  for (let i = 0; i < 20; i++) it.post()
  void it.entries.reach(GROUP, 14)
  await afterwards()
  await settle(it)
  expect(it.shown()).toEqual([12, 13, 14, 15, 16, 17, 18, 19, 20])
})

test('after a long absence, what is between the newest page and what was known is fetched, too', async () => {
  const it = world()
  for (let i = 0; i < 3; i++) it.post()
  void it.entries.reach(GROUP, 0)
  await afterwards()
  await settle(it)
  for (let i = 0; i < 9; i++) it.post()
  it.miss()
  await afterwards()
  await settle(it)
  expect(it.shown()).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12])
})
