import { type GetPresenceRequest, PresenceService } from '@beseda/proto/presence/v1/presence_service'
import { create } from '@bufbuild/protobuf'
import type { Transport } from '@connectrpc/connect'
import type { NatsConnection } from '@nats-io/nats-core'
import { expect, test, vi } from 'vitest'
import { FakeSocket } from '../testing/fixture.js'
import { PresenceFeed } from './presence.js'

/** Whom the service is asked about, one question after another. */
function feedWith(waits: number[]) {
  const asked: string[][] = []
  const rpc = {
    unary: async (method: { readonly name: string; readonly output: unknown }, ...rest: unknown[]) => {
      const request = rest.at(3) as GetPresenceRequest
      if (method.name === 'GetPresence') asked.push([...request.userIds])
      const output = method.name === 'GetPresence' ? PresenceService.method.getPresence.output : undefined
      return { message: output ? create(output) : {} }
    },
  }
  const protocol = { subscribe: () => undefined, unsubscribe: () => undefined }
  const nats = { protocol } as unknown as NatsConnection
  const limits = { take: () => waits.shift() ?? 0 }
  const feed = new PresenceFeed(
    nats,
    rpc as unknown as Transport,
    () => [],
    limits,
    (error) => {
      throw error
    },
  )
  return { feed, asked }
}

test('who changes whom they watch too often is told later, of the last', async () => {
  vi.useFakeTimers()
  const { feed, asked } = feedWith([0, 500])
  const peer = new FakeSocket()
  for (const userId of ['ann', 'bob', 'eve']) feed.watch(peer, [userId])
  await vi.advanceTimersByTimeAsync(499)
  expect(asked).toEqual([['ann']])
  await vi.advanceTimersByTimeAsync(1)
  expect(asked).toEqual([['ann'], ['eve']])
  await feed.stop()
  vi.useRealTimers()
})

test('who has gone is told nothing any more', async () => {
  vi.useFakeTimers()
  const { feed, asked } = feedWith([500])
  const peer = new FakeSocket()
  feed.connected(peer)
  feed.watch(peer, ['ann'])
  feed.disconnected(peer)
  await vi.advanceTimersByTimeAsync(1_000)
  expect(asked).toEqual([])
  await feed.stop()
  vi.useRealTimers()
})
