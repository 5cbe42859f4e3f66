import { CloseCode } from '@beseda/proto/gateway/v1/close_codes'
import type { NatsConnection } from '@nats-io/nats-core'
import { expect, test } from 'vitest'
import { FakeSocket } from '../testing/fixture.js'
import { People } from './people.js'

/** A bus on which nobody says anything. */
const quiet = {
  subscribe: () => ({ unsubscribe: () => undefined }),
  protocol: { subscribe: () => undefined, unsubscribe: () => undefined },
} as unknown as NatsConnection

function crowd(...names: string[]) {
  const peers = new People(quiet)
  for (const name of names) peers.add(new FakeSocket(name))
  return peers
}
const names = (found: readonly { userId: string }[]) => found.map(({ userId }) => userId)

test('people are looked at in turn, with all their sockets, and after the last comes the first', () => {
  const peers = crowd('ann', 'bob', 'bob', 'eve')
  expect(names(peers.next(2))).toEqual(['ann', 'bob', 'bob'])
  expect(names(peers.next(2))).toEqual(['eve', 'ann'])
  expect(names(peers.next(9))).toEqual(['bob', 'bob', 'eve', 'ann'])
})

test('who comes meanwhile has a turn, who has left has none', () => {
  const peers = crowd('ann', 'bob')
  expect(names(peers.next(1))).toEqual(['ann'])
  for (const peer of peers.of('bob')) peers.remove(peer)
  peers.add(new FakeSocket('eve'))
  expect(names(peers.next(2))).toEqual(['eve', 'ann'])
  for (const name of ['ann', 'eve']) for (const peer of peers.of(name)) peers.remove(peer)
  expect(peers.next(5)).toEqual([])
})

test('a session that has ended loses its socket and its token, and no other session does', () => {
  const peers = crowd('ann', 'ann', 'bob')
  const [one, other] = peers.of('ann') as FakeSocket[]
  peers.revoke('ann', [one!.sessionId])
  expect([one!.closedWith, other!.closedWith]).toEqual([CloseCode.SESSION_ENDED, undefined])
  expect([peers.isEnded(one!.sessionId), peers.isEnded(other!.sessionId)]).toEqual([true, false])
})
