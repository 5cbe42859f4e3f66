import { ensureHistoryStreams } from '@beseda/history'
import { newId } from '@beseda/kernel'
import { historyStream, historySubject } from '@beseda/proto'
import { startNatsCluster } from '@beseda/testkit'
import type { NatsConnection } from '@nats-io/transport-node'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { JetStreamEventStore } from '../index.js'
import { messageCommit } from '../testing/commits.js'

/**
 * Three servers, each stream on all of them. The leader of a stream refuses what it cannot decide yet, because a message before it is still on
 * its way to the others: such answers are waited out, so that whoever posts meets none of them.
 */
let cluster: Awaited<ReturnType<typeof startNatsCluster>>
const connections: NatsConnection[] = []
const stream = historyStream(0)
/** Answers of the servers that say "not now", by their text. */
const refused = new Map<string, number>()

/** A process with a connection to one of the servers. */
async function processOn(server: number): Promise<JetStreamEventStore> {
  const connection = await cluster.nodes[server]!.connect()
  connections.push(connection)
  return JetStreamEventStore.open(listening(connection))
}

/** Notes what the servers refuse on the way. */
const listening = (connection: NatsConnection): NatsConnection =>
  new Proxy(connection, {
    get(target, name) {
      const real: unknown = Reflect.get(target, name)
      if (name !== 'request') return typeof real === 'function' ? real.bind(target) : real
      return async (...args: Parameters<NatsConnection['request']>) => {
        const answer = await target.request(...args)
        const text = answer.string()
        const said = /"description":"([^"]*(?:in process|in flight)[^"]*)"/.exec(text)?.[1]
        if (said) refused.set(said, (refused.get(said) ?? 0) + 1)
        return answer
      }
    },
  })

beforeAll(async () => {
  cluster = await startNatsCluster()
  const admin = await cluster.nodes[0]!.connect()
  connections.push(admin)
  await ensureHistoryStreams(admin, { partitions: 1, replicas: 3 })
})
afterAll(async () => {
  for (const connection of connections) await connection.close()
  await cluster?.stop()
})

test('one commit that three processes append at once is in the log once, and each of them is told where', async () => {
  const stores = await Promise.all([0, 1, 2].map(processOn))
  const isSeen = () => /id is in process/.test([...refused.keys()].join())
  // Until the servers have said so: otherwise this test has shown nothing.
  for (let round = 0; round < 20 || !isSeen(); round++) {
    const subject = historySubject(0, newId(), 'messages')
    const commit = messageCommit('once')
    // The same command by way of all replicas of a service, as after a lost answer, several times over.
    const results = await Promise.all(
      [...stores, ...stores, ...stores].map((store) => store.append({ stream, subject, commit })),
    )
    const stored = await stores[0]!.read(stream, { afterSeq: 0, filter: subject, limit: 10 })
    expect(stored).toHaveLength(1)
    for (const result of results) expect(result).toMatchObject({ kind: 'appended', seq: stored[0]!.seq })
    // None, where the answer to the first one was lost.
    const first = results.filter((result) => 'duplicate' in result && !result.duplicate)
    expect(first.length).toBeLessThanOrEqual(1)
  }
})

test('of commits with one guard that three processes append at once one is stored, and the others are conflicts', async () => {
  const stores = await Promise.all([0, 1, 2].map(processOn))
  for (let round = 0; round < 20; round++) {
    const groupId = newId()
    const append = (store: JetStreamEventStore, lane: string) =>
      store.append({
        stream,
        subject: `history.0.${groupId}.${lane}`,
        commit: messageCommit(lane),
        guard: `pins of ${groupId} 1`,
      })
    const results = await Promise.all([...stores, ...stores].map((store, i) => append(store, `lane${i}`)))
    expect(results.map(({ kind }) => kind).toSorted()).toEqual(['appended', ...Array(5).fill('conflict')])
  }
})
