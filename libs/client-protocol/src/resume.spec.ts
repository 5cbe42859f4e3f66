import { expect, test } from 'vitest'
import { NO_HEADS } from './lanes.js'
import { isAhead, resumePlan } from './resume.js'

const head = { group: 1, roster: 4, messages: 9, calls: 0 }

test.each([
  ['no cursor', undefined, { kind: 'snapshot' }],
  ['another epoch', { epoch: 'old', heads: head }, { kind: 'snapshot' }],
  ['more than there is', { epoch: 'e', heads: { ...head, calls: 1 } }, { kind: 'snapshot' }],
  ['everything', { epoch: 'e', heads: head }, { kind: 'current' }],
  ['behind in one lane', { epoch: 'e', heads: { ...head, messages: 7 } }, { kind: 'replay', afterSeq: 7 }],
  ['behind in two lanes', { epoch: 'e', heads: { ...head, messages: 7, roster: 2 } }, { kind: 'replay', afterSeq: 2 }],
  ['nothing yet', { epoch: 'e', heads: NO_HEADS }, { kind: 'replay', afterSeq: 0 }],
] as const)('a client with %s', (_, cursor, plan) => expect(resumePlan(cursor, 'e', head)).toEqual(plan))

test('a client is ahead of a head that lacks something of any lane, in the same log only', () => {
  const ahead = { ...head, group: 2 }
  expect(isAhead({ epoch: 'e', heads: ahead }, 'e', head)).toBe(true)
  expect(isAhead({ epoch: 'e', heads: head }, 'e', ahead)).toBe(false)
  expect(isAhead({ epoch: 'old', heads: ahead }, 'e', head)).toBe(false)
})
