import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ensureHistoryStreams } from '@beseda/history'
import { newId } from '@beseda/kernel'
import { historyStream, historySubject } from '@beseda/proto'
import { accepts, freePort, ServerProcess } from '@beseda/testkit'
import { Kvm } from '@nats-io/kv'
import { connect } from '@nats-io/transport-node'
import { expect, onTestFinished, test } from 'vitest'
import { JetStreamEventStore, LogFull, storing } from '../index.js'
import { messageCommit } from '../testing/commits.js'

/** A server that may store 2 MB. */
async function smallServer() {
  const folder = await mkdtemp(join(tmpdir(), 'beseda-full-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  const config = join(folder, 'nats.conf')
  await writeFile(config, `jetstream { store_dir: "${join(folder, 'data')}", max_file_store: 2MB }\n`)
  const port = await freePort()
  const args = ['--config', config, '--addr', '127.0.0.1', '--port', String(port)]
  const server = await ServerProcess.start('nats-server', args, () => accepts(port))
  onTestFinished(() => server.kill())
  const bus = await connect({ servers: `127.0.0.1:${port}` })
  onTestFinished(() => bus.close())
  return bus
}

test('a log without room says so: appends and buckets, and what is stored can be read', async () => {
  const bus = await smallServer()
  await ensureHistoryStreams(bus, { partitions: 1, replicas: 1 })
  const kv = await new Kvm(bus).create('sessions')
  const store = await JetStreamEventStore.open(bus)
  const [stream, subject] = [historyStream(0), historySubject(0, newId(), 'messages')]
  const append = () => store.append({ stream, subject, commit: messageCommit('x'.repeat(100_000)) })
  await append()
  await expect(
    (async () => {
      for (let i = 0; i < 100; i++) await append()
    })(),
  ).rejects.toBeInstanceOf(LogFull)
  await expect(
    (async () => {
      for (let i = 0; i < 100; i++) await storing(() => kv.put(`key${i}`, 'x'.repeat(100_000)))
    })(),
  ).rejects.toBeInstanceOf(LogFull)
  expect((await store.read(stream, { afterSeq: 0, limit: 1 })).map(({ seq }) => seq)).toEqual([1])
})
