import { LANES, type LaneName, laneOf } from '@beseda/proto'
import { Lane } from '@beseda/proto/log/v1/commit'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  advance,
  type CommitPosition,
  contiguityOf,
  deliveryStep,
  type LaneHeads,
  laneNameOf,
  lanesBehind,
  NO_HEADS,
} from './lanes.js'

type Delivery = CommitPosition & { readonly rosterSeq: number }

const place = (change: Partial<Delivery>): Delivery => ({
  lane: 'messages',
  seq: 5,
  prevSeq: 3,
  rosterSeq: 0,
  ...change,
})

test.each([
  ['its direct successor', { ...NO_HEADS, messages: 3 }, place({}), { kind: 'deliver' }],
  ['what was passed on already', { ...NO_HEADS, messages: 5 }, place({}), { kind: 'ignore' }],
  ['a commit beyond a hole', { ...NO_HEADS, messages: 2 }, place({}), { kind: 'repair', lane: 'messages' }],
  [
    'a message before its roster',
    { ...NO_HEADS, messages: 3, roster: 1 },
    place({ rosterSeq: 2 }),
    { kind: 'repair', lane: 'roster' },
  ],
] as const)('%s', (_, heads, commit, step) => expect(deliveryStep(heads, commit)).toEqual(step))

test.each([
  ['the direct successor', 3, 'next'],
  ['the commit that was seen last', 5, 'seen'],
  ['an older commit', 9, 'seen'],
  ['a commit beyond a hole', 2, 'hole'],
  ['the first commit of a lane that begins at the head', 4, 'next'],
] as const)('contiguity: %s', (_, head, contiguity) => {
  expect(contiguityOf({ ...NO_HEADS, messages: head }, { lane: 'messages', seq: 5, prevSeq: 3 })).toBe(contiguity)
  // The heads of other lanes do not matter.
  expect(contiguityOf({ ...NO_HEADS, messages: head, calls: 9 }, { lane: 'messages', seq: 5, prevSeq: 3 })).toBe(
    contiguity,
  )
})

test('a lane of the wire has a name, and one of a newer server has none', () => {
  for (const name of LANES) expect(laneNameOf(laneOf(name))).toBe(name)
  expect(laneNameOf(Lane.UNSPECIFIED)).toBeUndefined()
  expect(laneNameOf(99 as Lane)).toBeUndefined()
})

test('lanes behind', () => {
  expect(lanesBehind({ ...NO_HEADS, group: 1 }, { ...NO_HEADS, group: 1, calls: 2, roster: 3 })).toEqual([
    'roster',
    'calls',
  ])
})

/** A log with alternating roster and message commits, as the two services would write it. */
const log = fc.array(fc.constantFrom<LaneName>('roster', 'messages', 'messages', 'calls')).map((lanes) => {
  const last: Record<string, number> = {}
  return lanes.map((lane, i): Delivery => {
    const entry = {
      lane,
      seq: i + 1,
      prevSeq: last[lane] ?? 0,
      rosterSeq: lane === 'messages' ? (last.roster ?? 0) : 0,
    }
    last[lane] = i + 1
    return entry
  })
})

test('whatever the bus loses, duplicates or reorders: each commit once, in order, no message before its roster', () => {
  const disorder = fc.array(fc.tuple(fc.nat(), fc.nat(3)), { maxLength: 200 })
  fc.assert(
    fc.property(log, disorder, (commits, copies) => {
      let heads: LaneHeads = NO_HEADS
      const passed: Delivery[] = []
      const deliver = (commit: Delivery) => {
        expect(commit.rosterSeq).toBeLessThanOrEqual(heads.roster)
        heads = advance(heads, commit.lane, commit.seq)
        passed.push(commit)
      }
      const receive = (copy: Delivery) => {
        for (;;) {
          const step = deliveryStep(heads, copy)
          if (step.kind === 'ignore') return
          if (step.kind === 'deliver') return deliver(copy)
          const missing = commits.find(({ lane, seq }) => lane === step.lane && seq > heads[step.lane])
          receive(missing!)
        }
      }
      for (const [index] of copies) if (commits.length > 0) receive(commits[index % commits.length]!)
      for (const lane of ['roster', 'messages', 'calls'] as const) {
        const seen = passed.filter((commit) => commit.lane === lane)
        expect(seen).toEqual(commits.filter((commit) => commit.lane === lane).slice(0, seen.length))
      }
    }),
  )
})
