import { CloseCode } from '@beseda/proto/gateway/v1/close_codes'
import type { NatsConnection } from '@nats-io/nats-core'
import { expect, test } from 'vitest'
import { FakeSocket } from '../testing/fixture.js'
import { People } from './people.js'

/** A stand-in for the bus that carries nothing. */
const quiet = {
  subscribe: () => ({ unsubscribe: () => undefined }),
  protocol: { subscribe: () => undefined, unsubscribe: () => undefined },
} as unknown as NatsConnection

const ended: string[] = []

function gathered(...names: string[]) {
  const people = new People(quiet, (sessionId) => ended.push(sessionId))
  for (const name of names) people.add(new FakeSocket(name))
  return people
}
const names = (found: readonly { userId: string }[]) => found.map(({ userId }) => userId)

test('people take turns, with all their sockets, and after the last comes the first', () => {
  const people = gathered('ann', 'bob', 'bob', 'eve')
  expect(names(people.next(2))).toEqual(['ann', 'bob', 'bob'])
  expect(names(people.next(2))).toEqual(['eve', 'ann'])
  expect(names(people.next(9))).toEqual(['bob', 'bob', 'eve', 'ann'])
})

test('somebody who connects meanwhile gets a turn, somebody who has left gets none', () => {
  const people = gathered('ann', 'bob')
  expect(names(people.next(1))).toEqual(['ann'])
  for (const socket of people.socketsOf('bob')) people.remove(socket)
  people.add(new FakeSocket('eve'))
  expect(names(people.next(2))).toEqual(['eve', 'ann'])
  for (const name of ['ann', 'eve']) for (const socket of people.socketsOf(name)) people.remove(socket)
  expect(people.next(5)).toEqual([])
})

test('an ended session loses its socket and is reported; other sessions stay', () => {
  const people = gathered('ann', 'ann', 'bob')
  const [one, other] = people.socketsOf('ann') as FakeSocket[]
  people.revoke('ann', [one!.sessionId])
  expect([one!.closedWith, other!.closedWith]).toEqual([CloseCode.SESSION_ENDED, undefined])
  expect(ended).toContain(one!.sessionId)
  expect(ended).not.toContain(other!.sessionId)
})
