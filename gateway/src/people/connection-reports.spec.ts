import { PresenceService } from '@beseda/proto/presence/v1/presence_service'
import { createRouterTransport } from '@connectrpc/connect'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { FakeSocket } from '../testing/fixture.js'
import { ConnectionReports } from './connection-reports.js'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** `here`: sockets of people as the gateway knows them. */
function reporting(here: FakeSocket[] = []) {
  const requests: (readonly string[])[] = []
  const rpc = createRouterTransport(({ service }) => {
    service(PresenceService, {
      reportConnections: ({ connections }) => {
        const state = ({ idle, gone }: { idle: boolean; gone: boolean }) => (gone ? 'gone' : idle ? 'idle' : 'active')
        requests.push(connections.map((one) => `${one.userId} ${state(one)}`))
        return {}
      },
    })
  })
  const socketsOf = (userId: string) => here.filter((socket) => socket.userId === userId)
  const failures: unknown[] = []
  const reports = new ConnectionReports(rpc, socketsOf, (error) => failures.push(error))
  return { reports, requests }
}

test('changes within 50 ms are one request, with the last state of each device', async () => {
  const { reports, requests } = reporting()
  const [ann, bob] = [new FakeSocket('ann'), new FakeSocket('bob')]
  reports.connected(ann)
  reports.connected(bob)
  reports.setIdle(ann, true)
  await vi.advanceTimersByTimeAsync(50)
  expect(requests).toEqual([['ann idle', 'bob active']])
  await reports.stop()
})

test('a state that does not change, or belongs to nobody here, is not reported', async () => {
  const { reports, requests } = reporting()
  const ann = new FakeSocket('ann')
  reports.setIdle(ann, true)
  reports.disconnected(ann)
  await vi.advanceTimersByTimeAsync(100)
  reports.connected(ann)
  await vi.advanceTimersByTimeAsync(50)
  reports.setIdle(ann, false)
  await vi.advanceTimersByTimeAsync(100)
  expect(requests).toEqual([['ann active']])
  await reports.stop()
})

test('a device that another socket of it has replaced is not gone', async () => {
  const here: FakeSocket[] = []
  const { reports, requests } = reporting(here)
  const old = new FakeSocket('ann')
  reports.connected(old)
  await vi.advanceTimersByTimeAsync(50)
  here.push(old)
  reports.disconnected(old)
  await vi.advanceTimersByTimeAsync(50)
  expect(requests).toEqual([['ann active']])
  here.length = 0
  reports.connected(old)
  reports.disconnected(old)
  await vi.advanceTimersByTimeAsync(50)
  expect(requests.at(-1)).toEqual(['ann gone'])
  await reports.stop()
})

test('everybody is reported again in some 20 s, a hundred at a time', async () => {
  const { reports, requests } = reporting()
  const people = Array.from({ length: 300 }, (_, i) => `p${i}`)
  for (const name of people) reports.connected(new FakeSocket(name))
  await vi.advanceTimersByTimeAsync(50)
  expect(requests.splice(0).flat()).toHaveLength(300)
  await vi.advanceTimersByTimeAsync(21_000)
  expect(new Set(requests.flat())).toEqual(new Set(people.map((name) => `${name} active`)))
  // Never all at once.
  expect(Math.max(...requests.map(({ length }) => length))).toBeLessThan(150)
  await reports.stop()
})

test('a gateway that stops reports everybody as gone, with what it had not reported yet', async () => {
  const { reports, requests } = reporting()
  const bob = new FakeSocket('bob')
  reports.connected(bob)
  await vi.advanceTimersByTimeAsync(50)
  reports.disconnected(bob)
  reports.connected(new FakeSocket('ann'))
  await reports.stop()
  expect(requests.at(-1)).toEqual(['bob gone', 'ann active', 'ann gone'])
})
