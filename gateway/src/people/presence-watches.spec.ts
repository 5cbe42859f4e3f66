import { presenceSubject } from '@beseda/proto'
import { PresenceSchema, PresenceService, Status } from '@beseda/proto/presence/v1/presence_service'
import { create, toBinary } from '@bufbuild/protobuf'
import { createRouterTransport } from '@connectrpc/connect'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { FakeSocket } from '../testing/fixture.js'
import { SilentBus } from '../testing/silent-bus.js'
import { PresenceWatches } from './presence-watches.js'

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }))
afterEach(() => void vi.useRealTimers())

/** `waits`: what the rate limit says to one change after another. */
function watching(...waits: number[]) {
  const asked: (readonly string[])[] = []
  const rpc = createRouterTransport(({ service }) => {
    service(PresenceService, {
      getPresence: ({ userIds }) => {
        asked.push(userIds)
        return { presences: userIds.map((userId) => ({ userId, status: Status.OFFLINE })) }
      },
    })
  })
  const bus = new SilentBus()
  const failures: unknown[] = []
  const limits = { take: () => waits.shift() ?? 0 }
  const watches = new PresenceWatches(bus.connection, rpc, limits, (error) => failures.push(error))
  const changes = (userId: string, status: Status) => {
    bus.say(presenceSubject(userId), toBinary(PresenceSchema, create(PresenceSchema, { userId, status })))
  }
  return { watches, bus, asked, changes, failures }
}
const seen = (socket: FakeSocket) =>
  socket.frames.map((frame) =>
    frame.case === 'presence' ? `${frame.value.userId} ${Status[frame.value.status]}` : '?',
  )

test('a socket gets the present state at once, then every change', async () => {
  const { watches, changes } = watching()
  const socket = new FakeSocket()
  watches.watch(socket, ['ann', 'bob'])
  await vi.waitFor(() => expect(seen(socket)).toEqual(['ann OFFLINE', 'bob OFFLINE']))
  changes('ann', Status.ONLINE)
  changes('eve', Status.ONLINE)
  expect(seen(socket)).toEqual(['ann OFFLINE', 'bob OFFLINE', 'ann ONLINE'])
})

test('a new set replaces the one before, and nobody is listened to whom nobody watches', async () => {
  const { watches, bus, changes } = watching()
  const [one, two] = [new FakeSocket(), new FakeSocket()]
  watches.watch(one, ['ann', 'bob'])
  watches.watch(two, ['bob'])
  watches.watch(one, ['eve'])
  expect(bus.subjects).toEqual(['bob', 'eve'].map(presenceSubject))
  await vi.waitFor(() => expect(seen(two)).toEqual(['bob OFFLINE']))
  changes('bob', Status.ONLINE)
  expect(seen(two)).toEqual(['bob OFFLINE', 'bob ONLINE'])
  expect(seen(one)).not.toContain('bob ONLINE')
  watches.forget(two)
  watches.forget(one)
  expect(bus.subjects).toEqual([])
})

test('changes beyond the rate wait, and only the last of them takes place', async () => {
  const { watches, asked } = watching(0, 500)
  const socket = new FakeSocket()
  for (const userId of ['ann', 'bob', 'eve']) watches.watch(socket, [userId])
  await vi.advanceTimersByTimeAsync(499)
  expect(asked).toEqual([['ann']])
  await vi.advanceTimersByTimeAsync(1)
  expect(asked).toEqual([['ann'], ['eve']])
})

test('a socket that has closed while its change waited watches nobody', async () => {
  const { watches, asked, bus } = watching(500)
  const socket = new FakeSocket()
  watches.watch(socket, ['ann'])
  watches.forget(socket)
  await vi.advanceTimersByTimeAsync(1_000)
  expect([asked, bus.subjects]).toEqual([[], []])
})
