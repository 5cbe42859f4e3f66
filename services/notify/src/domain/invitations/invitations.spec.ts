import { expect, test } from 'vitest'
import { type Ahead, forgetInvited, type Invited, invitedBy, lettersFor, noteInvited } from './invitations.js'

const HOUR = 3_600_000
const NOW = Date.UTC(2027, 2, 1)
const ahead = (fields: Partial<Ahead> = {}): Ahead => ({
  ...{ groupId: 'chess', scheduleId: 'one', sequence: 0, startsAt: NOW + HOUR, endsAt: NOW + 2 * HOUR },
  ...{ blocked: false, declined: false, archived: false },
  ...fields,
})
const { blocked: _, declined: __, archived: ___, ...CALL } = ahead()
const invited = (fields: Partial<Invited> = {}): Invited => ({
  ...{ ...CALL, letterSequence: 0, cancelled: false },
  ...fields,
})

test.each<[string, readonly Invited[], readonly Ahead[], readonly Partial<Invited>[]]>([
  ['a call that is new is told', [], [ahead({ sequence: 3 })], [{ sequence: 3, letterSequence: 3, cancelled: false }]],
  ['one that is known is not told again', [invited()], [ahead()], []],
  ['one that has changed is', [invited()], [ahead({ sequence: 1 })], [{ letterSequence: 1, cancelled: false }]],
  ['one that is gone is called off', [invited()], [], [{ sequence: 0, letterSequence: 1, cancelled: true }]],
  ['once', [invited({ cancelled: true, letterSequence: 1 })], [], []],
  [
    'whoever comes back is invited by a number that is higher again',
    [invited({ cancelled: true, letterSequence: 1 })],
    [ahead()],
    [{ sequence: 0, letterSequence: 2, cancelled: false }],
  ],
  [
    'the next change by a higher one than that',
    [invited({ letterSequence: 2 })],
    [ahead({ sequence: 1 })],
    [{ letterSequence: 3 }],
  ],
  ['what is over is told to nobody', [], [ahead({ endsAt: NOW })], []],
  ['nor called off', [invited({ endsAt: NOW })], [], []],
  ['a call of somebody who is blocked is not told', [], [ahead({ blocked: true })], []],
  ['nor called off because of it', [invited()], [ahead({ blocked: true, sequence: 1 })], []],
  ['who does not come is not invited', [], [ahead({ declined: true })], []],
  ['nor told of a change', [invited()], [ahead({ declined: true, sequence: 1 })], []],
  ['nobody is invited to a call of an archived group', [], [ahead({ archived: true })], []],
  ['also not who comes back to it', [invited({ cancelled: true })], [ahead({ archived: true })], []],
  ['of a change they are told', [invited()], [ahead({ archived: true, sequence: 1 })], [{ letterSequence: 1 }]],
])('%s', (_, present, calls, letters) => {
  expect(lettersFor(present, calls, NOW)).toMatchObject(letters)
  expect(lettersFor(present, calls, NOW)).toHaveLength(letters.length)
})

test('what was told is not told again, and what is over is forgotten', () => {
  const over = invited({ scheduleId: 'over', endsAt: NOW })
  const calls = [ahead(), ahead({ scheduleId: 'other', sequence: 4 })]
  const [event] = noteInvited(lettersFor([over], calls, NOW), [over], NOW)
  const present = event ? (invitedBy(event) ?? []) : []
  expect(present.map(({ scheduleId }) => scheduleId)).toEqual(['one', 'other'])
  expect(lettersFor(present, calls, NOW)).toEqual([])
  expect([noteInvited([], present, NOW), forgetInvited([])]).toEqual([[], []])
  expect(forgetInvited(present).map((one) => invitedBy(one))).toEqual([[]])
})

test('a person is invited to two hundred calls at a time, and told of changes all the same', () => {
  const many = Array.from({ length: 300 }, (_, nth) => ahead({ scheduleId: String(nth) }))
  const first = lettersFor([], many, NOW)
  expect(first).toHaveLength(200)
  expect(lettersFor(first, many, NOW)).toEqual([])
  expect(lettersFor(first, [ahead({ scheduleId: '0', sequence: 1 }), ...many.slice(1)], NOW)).toHaveLength(1)
})

test('what was called off takes no place of what is ahead, and the oldest of it is forgotten first', () => {
  const ended = Array.from({ length: 200 }, (_, nth) => invited({ scheduleId: `ended ${nth}`, cancelled: true }))
  const letters = lettersFor(ended, [ahead()], NOW)
  expect(letters).toMatchObject([{ scheduleId: 'one', cancelled: false }])
  const again = { ...invited({ scheduleId: 'ended 0', cancelled: true }), letterSequence: 4 }
  const [event] = noteInvited([...letters, invited({ scheduleId: 'another', cancelled: true }), again], ended, NOW)
  const kept = new Set((event ? (invitedBy(event) ?? []) : []).map(({ scheduleId }) => scheduleId))
  expect(kept.size).toBe(201)
  expect(['one', 'another', 'ended 0', 'ended 1', 'ended 2'].map((id) => kept.has(id))).toEqual([
    ...[true, true, true],
    ...[false, true],
  ])
})
