import { expect, test } from 'vitest'
import { Posted } from './posted.mjs'

/** Ann and Bob are in group 0, Bob and Cid in group 1. */
const groups = [[0], [0, 1], [1]]
const [ann, bob, cid] = [0, 1, 2]
const none = { lost: 0, doubled: 0, disordered: 0, foreign: 0, unanswered: 0 }

test('a message that every member of its group has got once is settled', () => {
  const posted = new Posted(groups, 2)
  const number = posted.sent(0)
  posted.heard(ann, bob, number)
  posted.answered(number, true)
  expect(posted.isSettled).toBe(false)
  posted.heard(bob, bob, number)
  expect([posted.isSettled, posted.outcome()]).toEqual([true, none])
})

test('what a member never gets is lost, one delivery each, and a second copy elsewhere does not make up for it', () => {
  const posted = new Posted(groups, 2)
  const number = posted.sent(1)
  posted.answered(number, true)
  for (const _ of [1, 2]) posted.heard(bob, bob, number)
  expect([posted.isSettled, posted.outcome()]).toEqual([false, { ...none, lost: 1, doubled: 1 }])
})

test('what comes to somebody who is no member is foreign', () => {
  const posted = new Posted(groups, 2)
  posted.heard(cid, ann, posted.sent(0))
  expect(posted.outcome()).toEqual({ ...none, foreign: 1, unanswered: 1 })
})

test('messages of one author are in order in each group, those of two authors need not be', () => {
  const posted = new Posted(groups, 2)
  const [first, second] = [posted.sent(0), posted.sent(0)]
  posted.heard(ann, ann, second)
  posted.heard(ann, bob, first)
  expect(posted.outcome().disordered).toBe(0)
  posted.heard(bob, ann, second)
  posted.heard(bob, ann, first)
  expect(posted.outcome().disordered).toBe(1)
})

test('a refused message is expected by nobody', () => {
  const posted = new Posted(groups, 2)
  posted.answered(posted.sent(0), false)
  expect([posted.isSettled, posted.outcome()]).toEqual([true, none])
})
