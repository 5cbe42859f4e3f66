import { ParticipantSchema } from '@beseda/proto/call/v1/call_service'
import { create } from '@bufbuild/protobuf'
import { expect, test } from 'vitest'
import { attendees, initiates } from './attendance.js'

const person = (userId: string, deviceId: string) => create(ParticipantSchema, { userId, deviceId })
const call = (participants: string[][], away: string[][] = []) => ({
  participants: participants.map(([user = '', device = '']) => person(user, device)),
  away: away.map(([user = '', device = '']) => person(user, device)),
})

test('all other participants, including those who are away', () => {
  const picture = call(
    [
      ['me', 'm'],
      ['bob', 'b'],
    ],
    [['cat', 'c']],
  )
  expect(attendees(picture, 'm', [])).toEqual([
    { userId: 'bob', deviceId: 'b', away: false },
    { userId: 'cat', deviceId: 'c', away: true },
  ])
})

test('a person who moved to another device is there with the new one only', () => {
  const before = [{ userId: 'bob', deviceId: 'b' }]
  expect(attendees(call([['bob', 'b2']]), 'm', before)).toEqual([{ userId: 'bob', deviceId: 'b2', away: false }])
})

test('people whose devices a recreated session does not know yet keep their links', () => {
  const before = [{ userId: 'bob', deviceId: 'b' }]
  expect(attendees(call([['me', 'm']], [['bob', '']]), 'm', before)).toEqual([
    { userId: 'bob', deviceId: 'b', away: true },
  ])
  expect(attendees(call([['me', 'm']], [['bob', '']]), 'm', [])).toEqual([])
})

test('of two devices exactly one initiates', () => {
  expect([initiates('a', 'b'), initiates('b', 'a')]).toEqual([true, false])
})
