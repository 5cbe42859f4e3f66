import { JetStreamFanOut } from '@beseda/event-log'
import { newId, partitionOf } from '@beseda/kernel'
import { callSubject } from '@beseda/proto'
import { CallChangedSchema } from '@beseda/proto/call/v1/call_service'
import { startNats, type TestNats } from '@beseda/testkit'
import { create, toBinary } from '@bufbuild/protobuf'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { BusListener } from './bus-listener.js'

let nats: TestNats
beforeAll(async () => {
  nats = await startNats({ config: 'production' })
})
afterAll(() => nats?.stop())

test.each<[string, (readonly number[] | 'all')[]]>([
  ['who serve a part each', [[0], [1, 2]]],
  ['who serve a part beside others who serve the same, and all', [[0], [0, 1], [2], 'all', 'all']],
])('every call is rung once, by one that knows its group, of replicas %s', async (_, replicas) => {
  const partitionCount = 3
  const rung: { groupId: string; by: number }[] = []
  const connections = await Promise.all(
    replicas.map(async (partitions, by) => {
      const connection = await nats.connect('notify')
      new BusListener(
        connection,
        new JetStreamFanOut(connection),
        { partitions, partitionCount },
        {
          posted: () => Promise.reject(new Error('nobody said anything')),
          callChanged: async ({ groupId }) => void rung.push({ groupId, by }),
          userEvent: () => Promise.reject(new Error('nothing was said to anybody')),
          sessionsEnded: () => Promise.reject(new Error('nobody left')),
          failed: (error) => {
            throw error
          },
        },
      ).start()
      await connection.flush()
      return connection
    }),
  )
  const calls = await nats.connect('call')
  const groupIds = Array.from({ length: 60 }, () => newId())
  for (const groupId of groupIds) {
    calls.publish(callSubject(groupId), toBinary(CallChangedSchema, create(CallChangedSchema, { call: { groupId } })))
  }
  await calls.flush()
  // What was published before has been delivered before each answers.
  await Promise.all(connections.map((connection) => connection.flush()))

  expect(rung).toHaveLength(groupIds.length)
  expect(new Set(rung.map(({ groupId }) => groupId))).toEqual(new Set(groupIds))
  for (const { groupId, by } of rung) {
    const served = replicas[by] ?? []
    expect(served === 'all' || served.includes(partitionOf(groupId, partitionCount))).toBe(true)
  }
  await Promise.all([calls, ...connections].map((connection) => connection.close()))
})
