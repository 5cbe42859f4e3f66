import type { LaneName } from '@beseda/proto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { advance, type LaneHeads, lanesBehind, NO_HEADS, type Place, stepFor } from './lanes.js'

const place = (change: Partial<Place>): Place => ({ lane: 'messages', seq: 5, prevSeq: 3, rosterSeq: 0, ...change })

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
] as const)('%s', (_, heads, commit, step) => expect(stepFor(heads, commit)).toEqual(step))

test('lanes behind', () => {
  expect(lanesBehind({ ...NO_HEADS, group: 1 }, { ...NO_HEADS, group: 1, calls: 2, roster: 3 })).toEqual([
    'roster',
    'calls',
  ])
})

/** A log: roster and messages in turn, as the two services would write it. */
const log = fc.array(fc.constantFrom<LaneName>('roster', 'messages', 'messages', 'calls')).map((lanes) => {
  const last: Record<string, number> = {}
  return lanes.map((lane, i): Place => {
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

test('whatever the bus loses, doubles or turns round: each commit once, in order, no message before its roster', () => {
  const disorder = fc.array(fc.tuple(fc.nat(), fc.nat(3)), { maxLength: 200 })
  fc.assert(
    fc.property(log, disorder, (commits, copies) => {
      let heads: LaneHeads = NO_HEADS
      const passed: Place[] = []
      const deliver = (commit: Place) => {
        expect(commit.rosterSeq).toBeLessThanOrEqual(heads.roster)
        heads = advance(heads, commit.lane, commit.seq)
        passed.push(commit)
      }
      const receive = (copy: Place) => {
        for (;;) {
          const step = stepFor(heads, copy)
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
