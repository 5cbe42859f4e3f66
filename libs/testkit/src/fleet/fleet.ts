import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { connect as dial } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { newId } from '@beseda/kernel'
import { setUpLog, TokenSigner } from '@beseda/platform'
import { historyStream } from '@beseda/proto'
import { jetstreamManager } from '@nats-io/jetstream'
import { connect, type NatsConnection } from '@nats-io/transport-node'
import { launcher, type Plan, type PlanInputs, programs } from '../launcher.js'
import { START_MS } from '../patience.js'
import { freePorts } from '../ports.js'
import { SERVICES } from '../services.js'
import { type Backend, Balancer } from './balancer.js'
import { FleetProcess } from './process.js'
import { canCut, inNamespaces, onLoopback, type Zone, type Zones } from './zones.js'

export type Kind = (typeof SERVICES)[number] | 'gateway'

export interface FleetOptions {
  /** Which processes, when not all of them. */
  readonly kinds?: readonly Kind[]
  /** Replicas of each. */
  readonly replicas?: number
  /** Servers of the bus; the log has as many replicas. */
  readonly busNodes?: 1 | 3
  readonly partitionCount?: number
  /** In network namespaces, if this host allows it. */
  readonly zones?: boolean
  /** Added to every process of the platform. */
  readonly env?: Readonly<Record<string, string>>
  /** Additional environment of one replica, such as its PARTITIONS. */
  envOf?(kind: Kind, replica: number): Readonly<Record<string, string>>
}

/** The plans of the launcher, with addresses and folders of a zone. */
type Planner = (inputs: PlanInputs, name?: string) => Plan

/**
 * A horizontal installation of real processes on one host: a clustered bus, replicas of every process, and a TCP balancer
 * in front of the gateways. Replica i and server i of the bus are in zone i.
 */
export class Fleet {
  readonly #processes = new Map<string, FleetProcess>()
  #made = new Map<Kind, number>()
  #signer: Promise<TokenSigner> | undefined

  private constructor(
    readonly balancer: Balancer,
    readonly zones: Zones,
    private readonly inputs: PlanInputs,
    private readonly plans: Record<string, Planner>,
    private readonly busPorts: readonly number[],
    private readonly folder: string,
    private readonly options: FleetOptions,
  ) {}

  static async start(options: FleetOptions = {}): Promise<Fleet> {
    const { busNodes = 3, replicas = 2 } = options
    const zones = options.zones && (await canCut()) ? await inNamespaces(busNodes) : onLoopback(busNodes)
    const { openData } = await launcher<{ openData(folder: string): Promise<PlanInputs['data']> }>('data.mjs')
    const plans = await launcher<Record<string, Planner>>('plan.mjs')
    const folder = await mkdtemp(join(tmpdir(), 'beseda-fleet-'))
    const [redis = 0, ...busPorts] = await freePorts(1 + 3 * busNodes)
    const inputs = {
      data: await openData(folder),
      programs: await programs(),
      ports: { redis },
      web: { port: 0, host: '127.0.0.1' },
    }
    const fleet = new Fleet(await Balancer.start([]), zones, inputs, plans, busPorts, folder, options)
    try {
      await fleet.#bringUp(busNodes, replicas)
    } catch (error) {
      await fleet.stop()
      throw error
    }
    return fleet
  }

  /** The gateways themselves, to bypass the balancer. */
  get backends(): readonly Backend[] {
    return this.balancer.backends
  }

  /** URL of the balancer, as in `http://127.0.0.1:1234`. */
  get url(): string {
    return this.balancer.url
  }

  get names(): readonly string[] {
    return [...this.#processes.keys()]
  }

  /** Unexpected ends of processes. */
  get deaths(): readonly string[] {
    return [...this.#processes.values()].flatMap(({ deaths }) => deaths)
  }

  find(name: string): FleetProcess {
    const found = this.#processes.get(name)
    if (!found) throw new Error(`${name} is not one of ${this.names.join(', ')}`)
    return found
  }

  /** Running processes of a kind, such as `gateway-0`. */
  of(kind: Kind | 'nats'): readonly string[] {
    return this.names.filter((name) => name.startsWith(`${kind}-`))
  }

  /** Adds a replica; resolves when it is ready. */
  async scaleUp(kind: Kind): Promise<string> {
    const process = await this.#make(kind)
    await this.#startProcess(process)
    return process.name
  }

  /** Stops the replica gracefully and removes it. */
  async scaleDown(name: string): Promise<void> {
    await this.find(name).stop()
    this.balancer.remove(name)
    this.#processes.delete(name)
  }

  /** SIGTERM and a new start, as in an update. */
  async restart(name: string): Promise<void> {
    const process = this.find(name)
    await process.stop()
    await process.start()
  }

  /** Name of the server that leads a partition of the log. */
  async leaderOf(partition: number): Promise<string> {
    const bus = await this.connectToBus()
    try {
      const manager = await jetstreamManager(bus, { checkAPI: false })
      const { cluster } = await manager.streams.info(historyStream(partition))
      return cluster?.leader ?? 'nats-0'
    } finally {
      await bus.close()
    }
  }

  /** A connection to the bus, with the rights of the setup job. */
  connectToBus(): Promise<NatsConnection> {
    const pass = this.inputs.data.passwords.admin ?? ''
    return connect({ servers: this.#busServers(), user: 'admin', pass, noAsyncTraces: true })
  }

  /**
   * An access token of a person who never registered: for thousands of clients, because hashing a password takes a tenth of a
   * second. Such a person is a member of the groups whose commits say so.
   */
  async token(userId: string, deviceId = newId()): Promise<string> {
    this.#signer ??= TokenSigner.read(this.inputs.data.signingKey.identity)
    const now = Date.now()
    const claims = { sub: userId, did: deviceId, sid: newId() }
    return (await this.#signer).sign('beseda', claims, new Date(now), new Date(now + 3_600_000))
  }

  /** Health address of a process, as in `http://127.0.0.1:1234`. */
  healthUrl(name: string): string {
    return `http://${this.find(name).command.env.HEALTH_ADDRESS}`
  }

  async stop(): Promise<void> {
    await this.zones.heal?.()
    await this.balancer.stop()
    const kinds = [['gateway'], SERVICES, ['redis', 'nats']]
    for (const tier of kinds) {
      const names = this.names.filter((name) => tier.some((kind) => name.startsWith(kind)))
      await Promise.all(names.map((name) => this.find(name).stop()))
    }
    await this.zones.remove()
    await rm(this.folder, { recursive: true, force: true })
  }

  #busServers(): string[] {
    return this.busPorts.slice(0, this.zones.zones.length).map((port, i) => `${this.#zone(i).address}:${port}`)
  }

  #zone(replica: number): Zone {
    const { zones } = this.zones
    const zone = zones[replica % zones.length]
    if (!zone) throw new Error('this fleet has no zones')
    return zone
  }

  async #bringUp(busNodes: number, replicas: number): Promise<void> {
    const { partitionCount = 4, kinds = [...SERVICES, 'gateway' as const] } = this.options
    const bus = Array.from({ length: busNodes }, (_, i) => this.#bus(i, busNodes))
    await Promise.all([...bus, this.#redis()].map((process) => this.#startProcess(process)))
    const admin = await this.connectToBus()
    await ready(admin)
    await setUpLog(admin, { partitions: partitionCount, replicas: busNodes })
    await admin.close()
    const all = kinds.flatMap((kind) => Array.from({ length: replicas }, () => kind))
    const made = []
    for (const kind of all) made.push(await this.#make(kind))
    await Promise.all(made.map((process) => this.#startProcess(process)))
  }

  async #startProcess(process: FleetProcess): Promise<void> {
    this.#processes.set(process.name, process)
    await process.start()
  }

  #process(name: string, zone: Zone, plan: Plan, env: Record<string, string>, isReady: () => Promise<boolean>) {
    const [command = '', ...args] = [...zone.prefix, plan.command, ...plan.args]
    const log = join(this.folder, 'logs', `${name}.log`)
    return new FleetProcess({ name, command, args, env: { ...plan.env, ...env }, log, isReady })
  }

  #plan(name: string, ports: Record<string, number>, service?: string): Plan {
    const made = this.plans[name]?.({ ...this.inputs, ports: { ...this.inputs.ports, ...ports } }, service)
    if (!made) throw new Error(`the launcher has no plan for ${name}`)
    return made
  }

  #bus(i: number, count: number): FleetProcess {
    const zone = this.#zone(i)
    const port = this.busPorts[i] ?? 0
    const routes = this.busPorts.slice(count, 2 * count).map((route, j) => `nats://${this.#zone(j).address}:${route}`)
    const plan = this.#plan('planNats', { nats: port })
    const changed: Record<string, string> = {
      '--addr': zone.address,
      '--http_port': String(this.busPorts[2 * count + i]),
      '--name': `nats-${i}`,
      '--store_dir': join(this.folder, 'nats', String(i)),
    }
    const args = plan.args.map((arg, at) => changed[plan.args[at - 1] ?? ''] ?? arg)
    const cluster = ['--cluster_name', 'beseda', '--cluster', routes[i] ?? '', '--routes', routes.join(',')]
    const clustered = { ...plan, args: count > 1 ? [...args, ...cluster] : args }
    return this.#process(`nats-${i}`, zone, clustered, {}, () => speaks(zone.address, port))
  }

  #redis(): FleetProcess {
    const zone = this.#zone(0)
    const port = this.inputs.ports.redis ?? 0
    const plan = this.#plan('planRedis', {})
    const open = { ...plan, args: [...plan.args, '--bind', '0.0.0.0', '--protected-mode', 'no'] }
    return this.#process('redis', zone, open, {}, () => speaks(zone.address, port, 'PING\r\n'))
  }

  async #make(kind: Kind): Promise<FleetProcess> {
    const replica = this.#made.get(kind) ?? 0
    this.#made.set(kind, replica + 1)
    const name = `${kind}-${replica}`
    const zone = this.#zone(replica)
    const [health = 0, port = 0] = await freePorts(2)
    const folder = join(this.folder, 'views', name)
    await mkdir(folder, { recursive: true })
    const plan = kind === 'gateway' ? this.#plan('planGateway', {}) : this.#plan('planService', {}, kind)
    const healthAddress = `${zone.address}:${health}`
    const env = {
      NATS_URL: this.#busServers()
        .map((server) => `nats://${server}`)
        .join(','),
      REDIS_URL: `redis://${this.#zone(0).address}:${this.inputs.ports.redis}`,
      DATA_DIR: folder,
      HEALTH_HOST: zone.address,
      HEALTH_PORT: String(health),
      HEALTH_ADDRESS: healthAddress,
      PARTITION_COUNT: String(this.options.partitionCount ?? 4),
      TRUSTED_PROXY_HOPS: '1',
      REGISTRATION: 'open',
      NATS_MONITOR_URL: '',
      ...(kind === 'gateway' ? { HOST: zone.address, PORT: String(port) } : {}),
      ...this.options.env,
      ...this.options.envOf?.(kind, replica),
    }
    const isReady = async () => (await fetch(`http://${healthAddress}/health/ready`)).status === 200
    if (kind === 'gateway') {
      const health = `http://${healthAddress}/health/ready`
      this.balancer.add({ name, host: zone.address, port, health } satisfies Backend)
    }
    return this.#process(name, zone, plan, env, isReady)
  }
}

/** Whether the server sends anything after `question`. */
const speaks = (host: string, port: number, question = ''): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = dial({ host, port, timeout: 1_000 })
    const answer = (good: boolean) => {
      socket.destroy()
      resolve(good)
    }
    socket.once('connect', () => socket.write(question))
    socket.once('data', () => answer(true))
    socket.once('error', () => answer(false))
    socket.once('timeout', () => answer(false))
  })

/** A cluster answers JetStream requests only after it has elected a leader. */
async function ready(bus: NatsConnection): Promise<void> {
  const manager = await jetstreamManager(bus, { checkAPI: false, timeout: 500 })
  const deadline = Date.now() + START_MS
  while (!(await manager.getAccountInfo().catch(() => undefined))) {
    if (Date.now() > deadline) throw new Error('the bus has no leader')
  }
}
