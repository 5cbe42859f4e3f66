import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect as dial } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { jetstreamManager } from '@nats-io/jetstream'
import { type ConnectionOptions, connect as connectNats, type NatsConnection } from '@nats-io/transport-node'
import { START_MS } from '../patience.js'
import { freePort, freePorts } from '../ports.js'
import { OPTIONAL_SERVICES, SERVICES } from '../services.js'
import { ServerProcess } from './process.js'

export const NATS_USERS = ['admin', ...SERVICES, ...OPTIONAL_SERVICES, 'gateway'] as const
export type NatsUser = (typeof NATS_USERS)[number]

export interface NatsOptions {
  /** `open`: no users. `production`: the users and permissions of `deploy/nats/nats.conf`. */
  readonly config?: 'open' | 'production'
}

export interface TestNats {
  readonly url: string
  readonly port: number
  readonly process: ServerProcess
  /** Where the server keeps its data. */
  readonly folder: string
  /** Name and password of a service; undefined values on an open server. */
  credentials(user: NatsUser): { user: string; pass: string } | undefined
  connect(user?: NatsUser, options?: ConnectionOptions): Promise<NatsConnection>
  stop(): Promise<void>
}

const PRODUCTION = fileURLToPath(new URL('../../../../deploy/nats/nats.conf', import.meta.url))
const passwordOf = (user: NatsUser) => `${user}-password-of-tests`
/** The environment variables that deploy/nats/nats.conf reads. */
export const natsEnvironment = (): Record<string, string> => ({
  NATS_MAX_STORE: '-1',
  ...Object.fromEntries(NATS_USERS.map((user) => [`NATS_PASSWORD_${user.toUpperCase()}`, passwordOf(user)])),
})

const accepts = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = dial(port, '127.0.0.1')
    socket.once('data', () => resolve(socket.destroy() !== undefined))
    socket.once('error', () => resolve(false))
  })

interface Node {
  readonly port: number
  readonly cluster?: { readonly name: string; readonly port: number; readonly routes: readonly number[] }
}

async function startNode({ config = 'open' }: NatsOptions, node: Node): Promise<TestNats> {
  const folder = await mkdtemp(join(tmpdir(), 'beseda-nats-'))
  const file = join(folder, 'nats.conf')
  const cluster = node.cluster
    ? `cluster { name: test, listen: "127.0.0.1:${node.cluster.port}", routes: [${node.cluster.routes.map((port) => `"nats://127.0.0.1:${port}"`).join(', ')}] }`
    : ''
  const open = `jetstream { store_dir: "${join(folder, 'data')}", sync_interval: always }`
  if (config === 'open') await writeFile(file, `${open}\n${cluster}\n`)
  const args = ['--addr', '127.0.0.1', '--port', String(node.port), '--name', node.cluster?.name ?? 'test']
  const server = await ServerProcess.start(
    'nats-server',
    [
      '--config',
      config === 'open' ? file : PRODUCTION,
      ...args,
      ...(config === 'open' ? [] : ['--store_dir', join(folder, 'data')]),
    ],
    () => accepts(node.port),
    natsEnvironment(),
  )
  const credentials = (user: NatsUser) => (config === 'open' ? undefined : { user, pass: passwordOf(user) })
  return {
    url: `nats://127.0.0.1:${node.port}`,
    port: node.port,
    process: server,
    folder: join(folder, 'data'),
    credentials,
    connect: (user = 'admin', options = {}) =>
      connectNats({
        servers: `127.0.0.1:${node.port}`,
        ...credentials(user),
        ...(config === 'open' ? {} : { inboxPrefix: `_INBOX.${user}` }),
        maxReconnectAttempts: -1,
        reconnectTimeWait: 50,
        ...options,
      }),
    stop: async () => {
      await server.kill()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** One nats-server with JetStream on a free port, in its own folder; acknowledged means on disk. */
export const startNats = async (options: NatsOptions = {}): Promise<TestNats> =>
  startNode(options, { port: await freePort() })

/** A cluster on loopback, for replicated streams. Always `open`. */
export async function startNatsCluster(
  size = 3,
): Promise<{ nodes: TestNats[]; servers: string[]; stop(): Promise<void> }> {
  const ports = await freePorts(size * 2)
  const routes = ports.slice(size)
  const nodes = await Promise.all(
    routes.map((route, index) =>
      startNode({}, { port: ports[index] ?? 0, cluster: { name: `n${index}`, port: route, routes } }),
    ),
  )
  await hasLeader(nodes)
  return {
    nodes,
    servers: nodes.map((node) => `127.0.0.1:${node.port}`),
    stop: async () => void (await Promise.all(nodes.map((node) => node.stop()))),
  }
}

/** A cluster answers JetStream requests only after it has elected a leader. */
async function hasLeader([node]: readonly TestNats[]): Promise<void> {
  if (!node) throw new Error('an empty cluster')
  const connection = await node.connect()
  const manager = await jetstreamManager(connection, { checkAPI: false, timeout: 500 })
  const deadline = Date.now() + START_MS
  for (;;) {
    const answered = await manager.getAccountInfo().then(
      () => true,
      () => false,
    )
    if (answered) break
    if (Date.now() > deadline) throw new Error('the NATS cluster has no leader')
  }
  await connection.close()
}
