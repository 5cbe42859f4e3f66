import { cp, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect, type NatsConnection } from '@nats-io/transport-node'
import { launcher, type Plan, type PlanInputs, programs } from './launcher.js'
import { START_MS } from './patience.js'
import { freePorts } from './ports.js'
import { findLivekit, type SfuLauncher, sfuAddress } from './servers/livekit.js'
import { SERVICES } from './services.js'

interface LauncherSystem {
  start(plans: readonly Plan[]): Promise<void>
  find(name: string): { readonly pid: number | undefined } | undefined
  stop(): Promise<void>
}

export const PROCESSES = ['nats', 'redis', ...SERVICES, 'gateway'] as const
/** `export`: only with KAFKA_BROKERS; `mail`: only with SMTP_URL. */
export type ProcessName = (typeof PROCESSES)[number] | 'gateway-2' | 'export' | 'mail' | `sfu-${number}`

/** What another process needs to use an installation that it did not start; serializable. */
export interface InstallationAddress {
  readonly url: string
  readonly url2: string
  /** As of `adminEnvironment`. */
  readonly admin: Readonly<Record<string, string>>
}

/** What tests may do with an installation that others use at the same time: everything but ending its processes. */
export interface ReachableInstallation {
  readonly url: string
  readonly url2: string
  connectToBus(): Promise<NatsConnection>
}

const busOf = ({ NATS_URL, NATS_PASSWORD }: Readonly<Record<string, string>>): Promise<NatsConnection> =>
  connect({ servers: NATS_URL ?? '', user: 'admin', pass: NATS_PASSWORD ?? '' })

/** An installation that another process has started and will stop. */
export const reachInstallation = ({ url, url2, admin }: InstallationAddress): ReachableInstallation => ({
  url,
  url2,
  connectToBus: () => busOf(admin),
})

/** A whole installation as started by `npm start`, from the built code, in its own folder and on its own ports. */
export class Installation implements ReachableInstallation {
  private constructor(
    /** URL of the first gateway, as in `http://127.0.0.1:1234`. */
    readonly url: string,
    /** URL of the second gateway. */
    readonly url2: string,
    private readonly system: LauncherSystem,
    private readonly inputs: PlanInputs,
    private readonly folder: string,
    private readonly sfuNodes: readonly string[],
  ) {}

  /**
   * `env` is added to every process of the platform. `replicas`: of every service, each with its own views. `recorded`: a data folder
   * of an earlier installation; this one starts on a copy of it. `sfuNodes`: how many nodes of an SFU run with it, as `sfu-1` and so on; ask
   * `findLivekit` first whether this machine has the server.
   */
  static async start(
    env: Record<string, string> = {},
    { replicas = 1, recorded, sfuNodes = 0 }: { replicas?: number; recorded?: string; sfuNodes?: number } = {},
  ): Promise<Installation> {
    const { openData } = await launcher<{ openData(folder: string): Promise<PlanInputs['data']> }>('data.mjs')
    const { System } = await launcher<{ System: new (logs: string) => LauncherSystem }>('system.mjs')
    const { setUpLog } = await launcher<{ setUpLog(inputs: PlanInputs): Promise<void> }>('log.mjs')
    const plans = await launcher<Record<string, (inputs: PlanInputs, name?: string) => Plan>>('plan.mjs')
    const { servicesOf } = await launcher<{ servicesOf(env: NodeJS.ProcessEnv): string[] }>('plan.mjs')
    const folder = await mkdtemp(join(tmpdir(), 'beseda-'))
    if (recorded) await cp(recorded, folder, { recursive: true })
    const data = await openData(folder)
    const [port = 0, port2 = 0] = await freePorts(2)
    const inputs = { data, programs: await programs(), ports: await ports(), web: { port, host: '127.0.0.1' } }
    const system = new System(data.logs)
    const sfu = await sfuPlans(sfuNodes, folder, data.sfu.secret)
    const plan = (name: string, ...args: [PlanInputs, string?]): Plan => {
      const made = plans[name]?.(...args)
      if (!made) throw new Error(`the launcher has no ${name}`)
      // Every person of a test comes from a separate address (X-Forwarded-For), as in reality, and may register.
      return { ...made, env: { ...made.env, TRUSTED_PROXY_HOPS: '1', REGISTRATION: 'open', ...sfu.env, ...env } }
    }
    await system.start([plan('planNats', inputs), plan('planRedis', inputs), ...sfu.plans])
    await setUpLog(inputs)
    const services = servicesOf(env)
    await system.start(services.map((name) => plan('planService', inputs, name)))
    for (let replica = 2; replica <= replicas; replica++) {
      const { nats = 0, monitor = 0, redis = 0 } = inputs.ports
      const views = join(folder, `views-${replica}`)
      const beside = { ...inputs, data: { ...data, views }, ports: { ...(await ports()), nats, monitor, redis } }
      await system.start(services.map((name) => ({ ...plan('planService', beside, name), name: `${name}-${replica}` })))
    }
    const second = {
      ...inputs,
      ports: { ...inputs.ports, gateway: inputs.ports['gateway-2'] ?? 0 },
      web: { ...inputs.web, port: port2 },
    }
    await system.start([plan('planGateway', inputs), { ...plan('planGateway', second), name: 'gateway-2' }])
    const urls = (sfu.env.SFU_NODES ?? '').split(',').map((node) => node.split('=')[0] ?? '')
    return new Installation(`http://127.0.0.1:${port}`, `http://127.0.0.1:${port2}`, system, inputs, folder, urls)
  }

  /** `kill -9`; resolves when the process has been restarted and is ready. Waits for a process that has just ended by itself. */
  async kill(name: ProcessName): Promise<void> {
    const process_ = this.system.find(name)
    if (!process_) throw new Error(`there is no process ${name}`)
    const { pid } = process_
    if (pid !== undefined) process.kill(pid, 'SIGKILL')
    const deadline = Date.now() + START_MS
    while (process_.pid === undefined || process_.pid === pid || !(await this.#isReady(name))) {
      if (Date.now() > deadline) throw new Error(`${name} was not restarted`)
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }

  /** Resolves when every process is ready, as some time after one was killed. */
  async ready(): Promise<void> {
    const deadline = Date.now() + START_MS
    for (const name of PROCESSES) {
      while (!(await this.#isReady(name))) {
        if (Date.now() > deadline) throw new Error(`${name} is not ready`)
        await new Promise((resolve) => setTimeout(resolve, 20))
      }
    }
  }

  /** Address of the health and metrics of each process of the platform, as in `127.0.0.1:1234`. */
  healthAddresses(): Readonly<Record<string, string>> {
    const { ports: taken } = this.inputs
    const names = Object.keys(taken).filter(
      (name) => !['nats', 'monitor', 'redis'].includes(name) && this.system.find(name) !== undefined,
    )
    return Object.fromEntries(names.map((name) => [name, `127.0.0.1:${taken[name]}`]))
  }

  /** The code of the first account, as `npm start` prints it. */
  async founderCode(): Promise<string> {
    const { founderCodeOf } = await launcher<{ founderCodeOf(file: string): Promise<string> }>('founder.mjs')
    return founderCodeOf(join(this.folder, 'keys', 'secret.hex'))
  }

  /** Environment of the operator's commands (tools/admin). */
  adminEnvironment(): Record<string, string> {
    const { data, ports: taken } = this.inputs
    return { NATS_URL: `nats://127.0.0.1:${taken.nats}`, NATS_PASSWORD: data.passwords.admin ?? '' }
  }

  /** A connection to the bus, with the rights of the setup job, to inspect what is stored. */
  connectToBus(): Promise<NatsConnection> {
    return busOf(this.adminEnvironment())
  }

  /** For `reachInstallation` in another process. */
  address(): InstallationAddress {
    return { url: this.url, url2: this.url2, admin: this.adminEnvironment() }
  }

  /** What all processes have logged. */
  async logs(): Promise<string> {
    const { logs } = this.inputs.data
    const texts = (await readdir(logs)).map((name) => readFile(join(logs, name), 'utf8'))
    return (await Promise.all(texts)).join('\n')
  }

  /** Where clients reach the nodes of the SFU, `sfu-1` first. */
  sfuUrls(): readonly string[] {
    return this.sfuNodes
  }

  /** A new pid: the process was restarted. */
  pid(name: ProcessName): number | undefined {
    return this.system.find(name)?.pid
  }

  /** The metrics of a process, as Prometheus scrapes them. */
  async metrics(name: Exclude<ProcessName, 'nats' | 'redis' | 'gateway-2' | `sfu-${number}`>): Promise<string> {
    return (await fetch(`http://127.0.0.1:${this.inputs.ports[name]}/metrics`)).text()
  }

  async stop(): Promise<void> {
    await this.system.stop()
    await rm(this.folder, { recursive: true, force: true })
  }

  async #isReady(name: ProcessName): Promise<boolean> {
    if (name === 'nats' || name === 'redis' || name === 'gateway-2' || name.startsWith('sfu-')) return true
    const answer = await fetch(`http://127.0.0.1:${this.inputs.ports[name]}/health/ready`).catch(() => undefined)
    return answer?.status === 200
  }
}

async function sfuPlans(count: number, folder: string, secret: string) {
  if (count === 0) return { plans: [], env: {} as Record<string, string> }
  const command = await findLivekit()
  if (command === undefined) throw new Error('this machine has no livekit-server')
  const { planSfu, sfuNode } = await launcher<SfuLauncher>('sfu.mjs')
  const places = await Promise.all(Array.from({ length: count }, sfuAddress))
  const plans = await Promise.all(
    places.map((place, i) =>
      planSfu(command, { secret, config: join(folder, `sfu-${i + 1}.json`) }, place, `sfu-${i + 1}`),
    ),
  )
  return { plans, env: { SFU_NODES: places.map(sfuNode).join(','), SFU_SECRET_FILE: secret } }
}

async function ports(): Promise<Record<string, number>> {
  const names = [...PROCESSES, 'export', 'mail', 'caption', 'gateway-2', 'monitor']
  const free = await freePorts(names.length)
  return Object.fromEntries(names.map((name, i) => [name, free[i] ?? 0]))
}
