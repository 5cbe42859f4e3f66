import { ensureHistoryStreams } from '@beseda/history'
import { newId } from '@beseda/kernel'
import { historyStream, historySubject } from '@beseda/proto'
import { filesWith, startNats, type TestNats } from '@beseda/testkit'
import { jetstreamManager } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/nats-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { CommitCopy } from '../fan-out.js'
import { JetStreamEventStore, JetStreamFanOut } from '../index.js'
import type { StoredCommit } from '../port.js'
import { messageCommit, textOf } from '../testing/commits.js'
import { eventStoreContract } from '../testing/contract.js'
import { lossyProxy } from '../testing/lossy-proxy.js'

let nats: TestNats
let connection: NatsConnection
let store: JetStreamEventStore
const stream = historyStream(0)

beforeAll(async () => {
  nats = await startNats()
  connection = await nats.connect()
  await ensureHistoryStreams(connection, { partitions: 1, replicas: 1 })
  store = await JetStreamEventStore.open(connection)
})
afterAll(async () => {
  await connection.close()
  await nats.stop()
})

eventStoreContract('JetStreamEventStore', () => store)

test('several processes can create the streams at the same time, and again later', async () => {
  const both = [
    ensureHistoryStreams(connection, { partitions: 2, replicas: 1 }),
    ensureHistoryStreams(connection, { partitions: 2, replicas: 1 }),
  ]
  await Promise.all(both)
  const { epoch } = await store.info(historyStream(1))
  await ensureHistoryStreams(connection, { partitions: 2, replicas: 1 })
  expect(await store.info(historyStream(1))).toMatchObject({ epoch })
})

test('a deleted and recreated stream has another epoch', async () => {
  const before = await store.info(historyStream(1))
  await (await jetstreamManager(connection)).streams.delete(historyStream(1))
  await ensureHistoryStreams(connection, { partitions: 2, replicas: 1 })
  const after = await store.info(historyStream(1))
  expect(before.epoch).not.toBe('')
  expect(after.epoch).not.toBe(before.epoch)
})

test('what is erased or purged is nowhere on the disk of the server', async () => {
  const [id, erased, purged] = [newId(), newId(), newId()]
  const subject = historySubject(0, id, 'messages')
  const append = (text: string) => store.append({ stream, subject, commit: messageCommit(text) })
  const first = await append(erased)
  for (let i = 0; i < 120; i++) await append(`${purged} ${i}`)
  const last = await append('stays')
  const left = () => filesWith(nats.folder, [erased, purged])
  expect((await left()).length).toBeGreaterThan(0)
  if (first.kind !== 'appended' || last.kind !== 'appended') throw new Error('not appended')
  await store.erase(stream, first.seq)
  await store.purge(stream, subject, last.seq - 1)
  expect(await left()).toEqual([])
  expect((await store.last(stream, subject))?.seq).toBe(last.seq)
})

test('every stored commit is copied to its followers, with its sequence and the one before it in its lane', async () => {
  const fanOut = new JetStreamFanOut(connection)
  const [id, other] = [newId(), newId()]
  const subject = historySubject(0, id, 'messages')
  const seen: string[] = []
  const tell = (by: string) => (copy: CommitCopy) => {
    if (copy.groupId === id) seen.push(`${by} ${copy.lane} ${copy.seq}<${copy.prevSeq}`)
  }
  const following = [
    fanOut.follow({ partition: 0, lane: 'messages' }, tell('messages')),
    fanOut.follow({ lane: 'roster' }, tell('roster')),
    ...['one', 'two'].map(() => fanOut.follow({}, tell('one of two'), { queue: 'pair' })),
    fanOut.ofGroups(() => 0, tell('group')).listen(id),
    fanOut.ofGroups(() => 0, tell('other')).listen(other),
  ]
  await connection.flush()
  const append = async (text: string) => {
    const result = await store.append({ stream, subject, commit: messageCommit(text) })
    return result.kind === 'appended' ? result.seq : 0
  }
  const [a, b] = [await append('a'), await append('b')]
  await expect.poll(() => seen.length).toBe(6)
  for (const by of ['messages', 'one of two', 'group']) {
    expect(seen.filter((one) => one.startsWith(by))).toEqual([`${by} messages ${a}<0`, `${by} messages ${b}<${a}`])
  }
  for (const one of following) one.unsubscribe()
})

test('the leader finds the newest commit of a filter, which tells a replica that lags from an absent group', async () => {
  const id = newId()
  const subject = historySubject(0, id, 'messages')
  const result = await store.append({ stream, subject, commit: messageCommit('a') })
  expect(await store.last(stream, `history.0.${id}.*`)).toMatchObject({
    subject,
    seq: 'seq' in result ? result.seq : 0,
  })
  expect(await store.last(stream, `history.0.${newId()}.*`)).toBeUndefined()
})

test('an append whose acknowledgement was lost is in the log once, and reports a duplicate', async () => {
  const proxy = await lossyProxy(nats.port)
  const through = await nats.connect('admin', { servers: `127.0.0.1:${proxy.port}` })
  const lossy = await JetStreamEventStore.open(through)
  const subject = historySubject(0, newId(), 'roster')
  proxy.swallowNextAnswer()
  const result = await lossy.append({ stream, subject, commit: messageCommit('once'), expect: { subject, lastSeq: 0 } })
  expect(proxy.swallowed).toBeGreaterThan(0)
  expect(result).toMatchObject({ kind: 'appended', duplicate: true })
  expect(await store.read(stream, { afterSeq: 0, filter: subject, limit: 10 })).toHaveLength(1)
  await through.close()
  await proxy.close()
})

test('appends, reads and a subscription survive kill -9 of the server: everything acknowledged comes once and in order', async () => {
  const subject = historySubject(0, newId(), 'messages')
  const { lastSeq } = await store.info(stream)
  const stop = new AbortController()
  const seen: StoredCommit[] = []
  const reading = (async () => {
    for await (const { commits } of store.subscribe(stream, { afterSeq: lastSeq, signal: stop.signal })) {
      seen.push(...commits)
      if (seen.length >= 200) stop.abort()
    }
  })()
  const acknowledged: number[] = []
  const writing = (async () => {
    for (let i = 0; i < 200; i++) {
      const result = await store.append({ stream, subject, commit: messageCommit(String(i)) })
      if (result.kind === 'appended') acknowledged.push(result.seq)
      if (i === 60 || i === 130) void nats.process.restart('SIGKILL')
    }
  })()
  await Promise.all([writing, reading])
  expect(seen.map(({ commit }) => textOf(commit))).toEqual(Array.from({ length: 200 }, (_, i) => String(i)))
  expect(seen.map(({ seq }) => seq)).toEqual(acknowledged)
})

test.each([
  [10158, 'a message with the same id is in flight'],
  [10164, 'another message of the expected subject is in flight'],
  [10167, 'too many messages are in flight'],
  [10009, 'the stream has no leader here'],
])('the answer %i (%s) is waited out', async (code) => {
  const subject = historySubject(0, newId(), 'roster')
  let left = 3
  const busy = new Proxy(connection, {
    get(target, name) {
      const real: unknown = Reflect.get(target, name)
      if (name !== 'request') return typeof real === 'function' ? real.bind(target) : real
      return async (asked: string, ...rest: [Uint8Array]) => {
        if (asked !== subject || left-- <= 0) return target.request(asked, ...rest)
        return { json: () => ({ error: { err_code: code, description: 'busy' } }) }
      }
    },
  })
  const replicated = await JetStreamEventStore.open(busy)
  const request = { stream, subject, commit: messageCommit('once'), expect: { subject, lastSeq: 0 } }
  expect(await replicated.append(request)).toMatchObject({ kind: 'appended', duplicate: false })
  expect(left).toBe(-1)
})
