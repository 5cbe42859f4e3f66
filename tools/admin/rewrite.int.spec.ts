import { setUpLog } from '@beseda/platform'
import { filesWith, startNats, type TestNats } from '@beseda/testkit'
import { jetstream, jetstreamManager } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { rewrite, streamsOfNewest } from './rewrite.mjs'

let nats: TestNats
let nc: NatsConnection
beforeAll(async () => {
  nats = await startNats()
  nc = await nats.connect()
  await setUpLog(nc, { partitions: 1, replicas: 1 })
})
afterAll(async () => {
  await nc.close()
  await nats.stop()
})

const NEWEST = ['KV_export', 'KV_sessions', 'NOTIFY', 'PEOPLE', 'PERSONAL_0']
/** A subject of each. */
const SUBJECTS = [
  '$KV.export.kafka/topic/HISTORY_0',
  '$KV.sessions.ann.phone',
  'notify.ann.push.phone',
  'people.ann.profile',
  'personal.0.g.read.ann',
]

async function replaced(secret: string) {
  for (const subject of SUBJECTS) {
    await jetstream(nc).publish(`${subject}-of-bob`, `what ${subject} keeps`)
    await jetstream(nc).publish(subject, secret)
    await jetstream(nc).publish(subject, 'public')
  }
}

/** Everything of a stream but its blocks. */
async function facts(name: string) {
  const manager = await jetstreamManager(nc)
  const { config, state } = await manager.streams.info(name)
  const { first_seq, last_seq, messages, first_ts, last_ts } = state
  const last = await manager.streams.getMessage(name, { seq: last_seq })
  return { config, state: { first_seq, last_seq, messages, first_ts, last_ts }, last: last?.string() }
}

test('values that were replaced are nowhere on the disk; everything else is as before', async () => {
  expect(await streamsOfNewest(nc)).toEqual(NEWEST)
  const secret = `secret ${crypto.randomUUID()}`
  await replaced(secret)
  expect((await filesWith(nats.folder, [secret])).length).toBe(NEWEST.length)
  for (const name of NEWEST) {
    const before = await facts(name)
    await rewrite(nc, name)
    expect(await facts(name)).toEqual(before)
  }
  expect(await filesWith(nats.folder, [secret])).toEqual([])
  expect(await streamsOfNewest(nc)).toEqual(NEWEST)
})

test('a stream that was written anew takes the next value, and tells of it', async () => {
  await rewrite(nc, 'PEOPLE')
  const { last_seq } = (await facts('PEOPLE')).state
  const heard = nc.subscribe('fan-people.>', { max: 1 })
  await nc.flush()
  const { seq } = await jetstream(nc).publish('people.ann.profile', 'next')
  expect(seq).toBe(last_seq + 1)
  for await (const { headers } of heard) expect(headers?.get('Nats-Sequence')).toBe(String(seq))
})

test('a run that was interrupted is taken up again, wherever it stopped', async () => {
  const manager = await jetstreamManager(nc)
  const { add, delete: remove, update } = manager.streams
  const prototype = Object.getPrototypeOf(manager.streams) as Record<string, unknown>
  for (let steps = 0; steps < 6; steps++) {
    const secret = `secret ${crypto.randomUUID()}`
    await replaced(secret)
    const before = await facts('PERSONAL_0')
    let left = steps
    const stopping = (real: (...args: never[]) => Promise<unknown>) =>
      async function step(this: unknown, ...args: never[]) {
        if (left-- <= 0) throw new Error('the operator has stopped it')
        return real.apply(this, args)
      }
    Object.assign(prototype, { add: stopping(add), delete: stopping(remove), update: stopping(update) })
    await rewrite(nc, 'PERSONAL_0').catch((error: unknown) => expect(String(error)).toContain('the operator'))
    Object.assign(prototype, { add, delete: remove, update })
    expect(await streamsOfNewest(nc)).toContain('PERSONAL_0')
    await rewrite(nc, 'PERSONAL_0')
    expect(await facts('PERSONAL_0')).toEqual(before)
    expect(await filesWith(`${nats.folder}/jetstream/$G/streams/PERSONAL_0`, [secret])).toEqual([])
  }
})
