import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { connect as dial } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { freePorts } from '../ports.js'
import { ServerProcess } from '../servers/process.js'
import { type KafkaDoor, secureDoor } from './kafka-door.js'

const KAFKA = '4.3.1'
const FOLDER = fileURLToPath(new URL(`../../../../.tools/kafka-${KAFKA}`, import.meta.url))
/** A first download of 44 MB. */
const DOWNLOAD_MS = 300_000

const POM = `<project><modelVersion>4.0.0</modelVersion><groupId>beseda</groupId><artifactId>kafka</artifactId><version>1</version><dependencies>
<dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>${KAFKA}</version></dependency>
<dependency><groupId>org.slf4j</groupId><artifactId>slf4j-nop</artifactId><version>1.7.36</version></dependency>
</dependencies></project>`

/** Why this machine cannot run a Kafka broker; undefined: it can. Downloads it once, by Maven. */
export async function kafkaMissing(): Promise<string | undefined> {
  const java = /version "(\d+)/.exec(spawnSync('java', ['-version'], { encoding: 'utf8' }).stderr ?? '')?.[1]
  if (Number(java ?? 0) < 17) return 'there is no Java 17, so no Kafka broker'
  if (existsSync(join(FOLDER, 'complete'))) return undefined
  await mkdir(FOLDER, { recursive: true })
  await writeFile(join(FOLDER, 'pom.xml'), POM)
  const goals = ['-q', '-B', 'dependency:copy-dependencies', '-DincludeScope=runtime', '-DoutputDirectory=lib']
  const { status, error } = spawnSync('mvn', goals, { cwd: FOLDER, timeout: DOWNLOAD_MS, stdio: 'ignore' })
  if (error || status !== 0) return 'Maven is not installed, or cannot be given Kafka'
  await writeFile(join(FOLDER, 'complete'), KAFKA)
  return undefined
}

/** A single real broker, which is its own controller (KRaft). */
export interface TestKafka {
  readonly broker: string
  /** The same broker for whoever has a name and a password, over TLS; with `secure` only. */
  readonly door: KafkaDoor | undefined
  readonly process: ServerProcess
  /** Whether any segment file of the topics holds the text. */
  holds(text: string): Promise<boolean>
  /** How many segment files a topic has in all of its partitions. */
  segments(topic: string): Promise<number>
  stop(): Promise<void>
}

const accepts = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = dial(port, '127.0.0.1')
    socket.once('connect', () => resolve(socket.destroy() !== undefined))
    socket.once('error', () => resolve(false))
  })

/** `secure`: also a port with TLS and SASL. Errors: what the broker wrote, if it ends. Ask `kafkaMissing` first. */
export async function startKafka({ secure = false }: { secure?: boolean } = {}): Promise<TestKafka> {
  const folder = await mkdtemp(join(tmpdir(), 'beseda-kafka-'))
  const [port = 0, controller = 0, securePort = 0] = await freePorts(3)
  const door = secure ? await secureDoor(folder, securePort) : undefined
  const settings = join(folder, 'server.properties')
  await writeFile(settings, settingsOf(folder, port, controller, door))
  const java = ['-Xmx256m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-cp', join(FOLDER, 'lib', '*')]
  const format = [
    'kafka.tools.StorageTool',
    'format',
    '-t',
    randomBytes(16).toString('base64url'),
    '-c',
    settings,
    ...(door?.formatting ?? []),
  ]
  const formatted = spawnSync('java', [...java, ...format], { encoding: 'utf8' })
  if (formatted.status !== 0) throw new Error(`Kafka's folder was not formatted:\n${formatted.stderr}`)
  const program = { command: 'java', args: java, env: {} }
  const server = await ServerProcess.run(program, ['kafka.Kafka', settings], () => accepts(port))
  return {
    broker: `127.0.0.1:${port}`,
    door,
    process: server,
    holds: (text) => holds(join(folder, 'log'), text),
    segments: async (topic) => {
      const files = await segmentsIn(join(folder, 'log'))
      return files.filter((name) => name.replace(/-\d+\/[^/]+$/, '') === topic).length
    },
    stop: async () => {
      await server.kill()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

const listenersOf = (port: number, door: KafkaDoor | undefined): string =>
  [`PLAINTEXT://127.0.0.1:${port}`, ...(door ? [`SASL_SSL://${door.broker}`] : [])].join(',')

const settingsOf = (folder: string, port: number, controller: number, door: KafkaDoor | undefined): string =>
  Object.entries({
    'process.roles': 'broker,controller',
    'node.id': 1,
    'controller.quorum.voters': `1@127.0.0.1:${controller}`,
    listeners: `${listenersOf(port, door)},CONTROLLER://127.0.0.1:${controller}`,
    'advertised.listeners': listenersOf(port, door),
    'controller.listener.names': 'CONTROLLER',
    'log.dirs': join(folder, 'log'),
    'offsets.topic.replication.factor': 1,
    'offsets.topic.num.partitions': 1,
    'transaction.state.log.replication.factor': 1,
    'transaction.state.log.min.isr': 1,
    'transaction.state.log.num.partitions': 1,
    'share.coordinator.state.topic.replication.factor': 1,
    'share.coordinator.state.topic.min.isr': 1,
    'share.coordinator.state.topic.num.partitions': 1,
    'group.initial.rebalance.delay.ms': 0,
    'auto.create.topics.enable': false,
    'log.cleaner.dedupe.buffer.size': 1_048_577,
    'log.cleaner.backoff.ms': 1_000,
    ...door?.settings,
  })
    .map(([name, value]) => `${name}=${value}`)
    .join('\n')

const segmentsIn = async (folder: string): Promise<string[]> =>
  (await readdir(folder, { recursive: true })).filter((name) => name.endsWith('.log'))

async function holds(folder: string, text: string): Promise<boolean> {
  for (const file of await segmentsIn(folder)) {
    // Compaction removes files while they are listed.
    const bytes = await readFile(join(folder, file)).catch(() => Buffer.alloc(0))
    if (bytes.includes(text)) return true
  }
  return false
}
