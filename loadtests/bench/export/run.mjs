// How fast the export hands a log on to a real Kafka, both on this machine.
// node bench/export/run.mjs [--runs 3] [--events 200000] [--per-commit 20]   needs Java 17 and Maven, and `npm run build`
import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { JetStreamEventStore } from '@beseda/event-log'
import { newId } from '@beseda/kernel'
import { setUpLog } from '@beseda/platform'
import { EXPORT_BUCKET, historyStream, historySubject } from '@beseda/proto'
import { MessagePostedSchema } from '@beseda/proto/group/v1/events'
import { CommitSchema } from '@beseda/proto/log/v1/commit'
import { kafkaMissing, startKafka, startNats } from '@beseda/testkit'
import { create } from '@bufbuild/protobuf'
import { timestampFromMs } from '@bufbuild/protobuf/wkt'
import { Kvm } from '@nats-io/kv'
import { RUNS, report } from '../lib/report.mjs'
import { cpuSeconds } from '../net/usage.mjs'

const { values } = parseArgs({
  options: {
    runs: RUNS,
    events: { type: 'string', default: '200000' },
    'per-commit': { type: 'string', default: '20' },
  },
})
const events = Number(values.events)
const perCommit = Number(values['per-commit'])
const PARTITIONS = 4
const GROUPS = 200
const GOAL = 20_000
const TEXT = 'The samovar is on, and whoever comes late gets the last of the jam. '.repeat(3)
const root = new URL('../../..', import.meta.url)

const missing = await kafkaMissing()
if (missing) {
  process.stderr.write(`${missing}\n`)
  process.exit(1)
}
const nats = await startNats({ config: 'production' })
const kafka = await startKafka()
const bus = await nats.connect('admin')
await setUpLog(bus, { partitions: PARTITIONS, replicas: 1 })
const store = await JetStreamEventStore.open(bus)
const groups = Array.from({ length: GROUPS }, newId)
await fill()
const buckets = await new Kvm(bus).open(EXPORT_BUCKET)
const ends = new Map(
  await Promise.all(
    Array.from({ length: PARTITIONS }, async (_, i) => {
      const stream = historyStream(i)
      return /** @type {const} */ ([stream, (await store.info(stream)).lastSeq])
    }),
  ),
)

/** Messages of many groups, some hundred appends at a time. */
async function fill() {
  let next = 0
  const commits = Math.ceil(events / perCommit)
  const worker = async () => {
    for (let n = next++; n < commits; n = next++) {
      const partition = n % PARTITIONS
      const groupId = groups[n % GROUPS] ?? ''
      const id = newId()
      const bodies = Array.from({ length: perCommit }, () => {
        const value = create(MessagePostedSchema, { messageId: newId(), authorId: id, text: TEXT })
        return { commandId: id, actorId: id, body: { case: /** @type {const} */ ('messagePosted'), value } }
      })
      const commit = create(CommitSchema, { id, time: timestampFromMs(Date.now()), events: bodies })
      const subject = historySubject(partition, groupId, 'messages')
      await store.append({ stream: historyStream(partition), subject, commit })
    }
  }
  await Promise.all(Array.from({ length: 256 }, worker))
}

/** One export of the whole log, by a new exporter, into a new topic. */
async function once() {
  const topic = `bench-${newId()}`
  const folder = await mkdtemp(join(tmpdir(), 'beseda-export-'))
  const { user = '', pass = '' } = nats.credentials('export') ?? {}
  const env = {
    ...process.env,
    ...{ NATS_URL: nats.url, NATS_USER: user, NATS_PASSWORD: pass, DATA_DIR: folder, LOG_LEVEL: 'warn' },
    ...{ PARTITION_COUNT: String(PARTITIONS), KAFKA_BROKERS: kafka.broker, KAFKA_TOPIC: topic },
  }
  const { prepareTopic } = await import('@beseda/export/topic-command')
  await prepareTopic(env, { partitions: '12', replicas: '1' })
  const child = spawn(process.execPath, ['services/export/dist/main.js'], { cwd: root, env, stdio: 'inherit' })
  const began = performance.now()
  const arrived = async () => {
    for (const [stream, end] of ends) {
      const entry = await buckets.get(`kafka/${topic}/${stream}`)
      if (!entry || /** @type {{ seq: number }} */ (entry.json()).seq < end) return false
    }
    return true
  }
  while (!(await arrived())) await new Promise((resolve) => setTimeout(resolve, 50))
  const seconds = (performance.now() - began) / 1_000
  const cpu = cpuSeconds(child.pid)
  const ended = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGTERM')
  await ended
  await rm(folder, { recursive: true, force: true })
  const rate = events / seconds
  if (rate < GOAL) process.exitCode = 1
  return [
    ...[String(events), String(perCommit), seconds.toFixed(1), String(Math.round(rate))],
    ...[((cpu / events) * 1e6).toFixed(0), `>= ${GOAL}${rate < GOAL ? ' (!)' : ''}`],
  ]
}

try {
  const head = [
    'events',
    'in a commit',
    'all arrived, s (with the start)',
    'events/s',
    'CPU of the exporter, µs an event',
    'goal',
  ]
  await report(Number(values.runs), [head], async () => [[await once()]])
} finally {
  await bus.close()
  await kafka.stop()
  await nats.stop()
}
