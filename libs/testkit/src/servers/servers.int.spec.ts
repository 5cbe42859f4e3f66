import { jetstream, jetstreamManager } from '@nats-io/jetstream'
import { afterAll, expect, test, vi } from 'vitest'
import { startCoturn, startNats, startNatsCluster, startRedis } from '../index.js'
import { PATIENCE_MS } from '../patience.js'

const stops: (() => Promise<void>)[] = []
afterAll(async () => void (await Promise.all(stops.map((stop) => stop()))))

test('a killed NATS server restarts with everything it had acknowledged', async () => {
  const nats = await startNats()
  stops.push(nats.stop)
  const connection = await nats.connect()
  await (await jetstreamManager(connection)).streams.add({ name: 'S', subjects: ['s'] })
  const { seq } = await jetstream(connection).publish('s', 'kept')
  await nats.process.restart()
  const again = await nats.connect()
  const stored = await (await jetstreamManager(again)).streams.getMessage('S', { seq })
  expect(stored?.string()).toBe('kept')
  await Promise.all([connection.close(), again.close()])
})

test('three NATS servers form a cluster that replicates', async () => {
  const cluster = await startNatsCluster()
  stops.push(cluster.stop)
  const connection = await cluster.nodes[0]!.connect()
  const manager = await jetstreamManager(connection, { timeout: PATIENCE_MS })
  await manager.streams.add({ name: 'R', subjects: ['r'], num_replicas: 3 })
  // The server asked may not have heard yet which of them leads the stream: then nobody answers.
  const ack = await vi.waitFor(() => jetstream(connection, { timeout: PATIENCE_MS }).publish('r', 'x'))
  expect(ack.seq).toBe(1)
  await connection.close()
})

test('a restarted Redis is empty', async () => {
  const redis = await startRedis()
  stops.push(redis.stop)
  const client = redis.connect()
  client.on('error', () => undefined)
  await client.set('k', 'v')
  await redis.process.restart()
  expect(await client.get('k')).toBeNull()
  client.disconnect()
})

test('coturn listens', async () => {
  const turn = await startCoturn()
  stops.push(turn.stop)
  expect(turn.process.pid).toBeGreaterThan(0)
})
