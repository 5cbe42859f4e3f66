// How fast the export hands a log on to a real Kafka, both on this machine, and how soon it goes on when broker or exporter fail.
// node bench/export/run.mjs [--runs 3] [--events 200000] [--per-commit 20]   needs Java 17 and Maven, and `npm run build`
import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { JetStreamEventStore } from '@beseda/event-log'
import { newId } from '@beseda/kernel'
import { setUpLog } from '@beseda/platform'
import { EXPORT_BUCKET, historyStream, historySubject } from '@beseda/proto'
import { MessagePostedSchema } from '@beseda/proto/group/v1/events'
import { CommitSchema } from '@beseda/proto/log/v1/commit'
import { freePorts, kafkaMissing, startKafka, startNats } from '@beseda/testkit'
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
/** How long the broker is away: long enough for the library to give up on one that was killed. */
const OUTAGE_MS = 15_000
const BACK_S = 10
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

/** One commit. @param {number} partition @param {string} groupId */
function messages(partition, groupId) {
  const id = newId()
  const bodies = Array.from({ length: perCommit }, () => {
    const value = create(MessagePostedSchema, { messageId: newId(), authorId: id, text: TEXT })
    return { commandId: id, actorId: id, body: { case: /** @type {const} */ ('messagePosted'), value } }
  })
  const commit = create(CommitSchema, { id, time: timestampFromMs(Date.now()), events: bodies })
  return { stream: historyStream(partition), subject: historySubject(partition, groupId, 'messages'), commit }
}

/** Messages of many groups, some hundred appends at a time. */
async function fill() {
  let next = 0
  const commits = Math.ceil(events / perCommit)
  const worker = async () => {
    for (let n = next++; n < commits; n = next++) {
      await store.append(messages(n % PARTITIONS, groups[n % GROUPS] ?? ''))
    }
  }
  await Promise.all(Array.from({ length: 256 }, worker))
}

/** A new topic, and whoever exports into it. */
async function newTopic() {
  const topic = `bench-${newId()}`
  const { user = '', pass = '' } = nats.credentials('export') ?? {}
  const env = {
    ...process.env,
    ...{ NATS_URL: nats.url, NATS_USER: user, NATS_PASSWORD: pass, LOG_LEVEL: 'warn' },
    ...{ PARTITION_COUNT: String(PARTITIONS), KAFKA_BROKERS: kafka.broker, KAFKA_TOPIC: topic },
  }
  const { prepareTopic } = await import('@beseda/export/topic-command')
  await prepareTopic(env, { partitions: '12', replicas: '1' })
  /** Everything up to these ends of the streams is there. */
  const arrived = async () => {
    for (const [stream, end] of ends) {
      const entry = await buckets.get(`kafka/${topic}/${stream}`)
      if (!entry || /** @type {{ seq: number }} */ (entry.json()).seq < end) return false
    }
    return true
  }
  const untilArrived = async () => {
    while (!(await arrived())) await pause(50)
  }
  return { env, untilArrived }
}

/** A process with a view of its own. @param {Record<string, string | undefined>} env */
async function newExporter(env) {
  const folder = await mkdtemp(join(tmpdir(), 'beseda-export-'))
  const [port = 0] = await freePorts(1)
  const own = { ...env, DATA_DIR: folder, HEALTH_PORT: String(port) }
  const started = () =>
    spawn(process.execPath, ['services/export/dist/main.js'], { cwd: root, env: own, stdio: 'inherit' })
  let child = started()
  const begin = () => {
    child = started()
  }
  const end = async (/** @type {NodeJS.Signals} */ signal) => {
    const ended = new Promise((resolve) => child.once('exit', resolve))
    child.kill(signal)
    await ended
  }
  return {
    cpu: () => cpuSeconds(child.pid),
    signal: (/** @type {NodeJS.Signals} */ signal) => void child.kill(signal),
    begin,
    kill: () => end('SIGKILL'),
    async restart() {
      await end('SIGKILL')
      begin()
    },
    async untilReady() {
      const asked = async () => (await fetch(`http://127.0.0.1:${port}/health/ready`).catch(() => undefined))?.ok
      while (!(await asked())) await pause(50)
    },
    async stop() {
      await end('SIGTERM')
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** Something is said in each partition. */
async function say() {
  for (let p = 0; p < PARTITIONS; p++) {
    const said = await store.append(messages(p, groups[p] ?? ''))
    if (said.kind !== 'appended') throw new Error('what was said is not in the log')
    ends.set(historyStream(p), said.seq)
  }
}

/** One export of the whole log; then one thing after another goes wrong, and things are said meanwhile. */
async function once() {
  const began = performance.now()
  const { env, untilArrived } = await newTopic()
  const first = await newExporter(env)
  await untilArrived()
  const seconds = (performance.now() - began) / 1_000
  const cpu = first.cpu()
  /** Seconds until everything that is in the log is there. */
  const since = async (/** @type {number} */ moment) => {
    await untilArrived()
    return (performance.now() - moment) / 1_000
  }
  /** The broker is away while things are said. @param {() => Promise<void>} leave @param {() => Promise<void>} back */
  const away = async (leave, back) => {
    await leave()
    await say()
    await pause(OUTAGE_MS)
    await back()
    return since(performance.now())
  }
  /** Things are said at the moment of the trouble, and nobody but the other exporter helps. @param {() => unknown} trouble */
  const sudden = async (trouble) => {
    const moment = performance.now()
    await trouble()
    await say()
    return since(moment)
  }
  const { process: broker } = kafka
  const killed = await away(
    () => broker.kill(),
    () => broker.start(),
  )
  const stopped = await away(
    () => broker.kill('SIGSTOP'),
    () => broker.kill('SIGCONT'),
  )
  const alone = await sudden(() => first.restart())
  const second = await newExporter(env)
  await second.untilReady()
  const gone = await sudden(() => first.kill())
  first.begin()
  await first.untilReady()
  const frozen = await sudden(() => second.signal('SIGSTOP'))
  second.signal('SIGCONT')
  await say()
  await untilArrived()
  await Promise.all([first.stop(), second.stop()])
  const rate = events / seconds
  if (rate < GOAL) process.exitCode = 1
  const whole = [
    ...[String(events), String(perCommit), seconds.toFixed(1), String(Math.round(rate))],
    ...[((cpu / events) * 1e6).toFixed(0), `>= ${GOAL}${rate < GOAL ? ' (!)' : ''}`],
  ]
  const troubles = /** @type {const} */ ([
    ['broker away for 15 s: SIGKILL', killed],
    ['broker away for 15 s: SIGSTOP', stopped],
    ['only exporter: SIGKILL, and started again', alone],
    ['one of two exporters: SIGKILL', gone],
    ['one of two exporters: SIGSTOP', frozen],
  ])
  return [[whole], troubles.map(troubleRow)]
}

/** @param {readonly [what: string, seconds: number]} trouble */
function troubleRow([what, seconds]) {
  const isLate = seconds > BACK_S
  if (isLate) process.exitCode = 1
  return [what, seconds.toFixed(1), `<= ${BACK_S}${isLate ? ' (!)' : ''}`]
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
  const troubles = ['trouble', 'over, and everything there after, s', 'goal']
  await report(Number(values.runs), [head, troubles], once)
} finally {
  await bus.close()
  await kafka.stop()
  await nats.stop()
}
