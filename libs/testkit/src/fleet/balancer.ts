import { connect, createServer, type Server, type Socket } from 'node:net'

/** Interval of the readiness checks, and their timeout. */
const CHECK_MS = 250
const CHECK_TIMEOUT_MS = 1_000
const CONNECT_MS = 1_000

export interface Backend {
  readonly name: string
  readonly host: string
  readonly port: number
  /** URL that answers 200 while the backend accepts work. */
  readonly health: string
}

interface CheckedBackend extends Backend {
  healthy: boolean
  readonly sockets: Set<Socket>
}

/**
 * A plain TCP balancer: round robin over the backends that report ready; one that refuses a connection is
 * skipped. Existing connections stay where they are, as with any TCP balancer.
 */
export class Balancer {
  readonly #backends = new Map<string, CheckedBackend>()
  readonly #server: Server
  readonly #timer: NodeJS.Timeout
  readonly #sockets = new Set<Socket>()
  #turn = 0
  /** Connections passed on, by backend. */
  readonly passed = new Map<string, number>()

  private constructor() {
    this.#server = createServer({ pauseOnConnect: true }, (socket) => this.#accept(socket))
    this.#timer = setInterval(() => void this.#check(), CHECK_MS)
  }

  static async start(backends: readonly Backend[]): Promise<Balancer> {
    const balancer = new Balancer()
    for (const backend of backends) balancer.add(backend)
    await balancer.#check()
    await new Promise<void>((resolve, reject) => {
      balancer.#server.once('error', reject)
      balancer.#server.listen(0, '127.0.0.1', resolve)
    })
    return balancer
  }

  get url(): string {
    const address = this.#server.address()
    if (address === null || typeof address === 'string') throw new Error('the balancer is not listening')
    return `http://127.0.0.1:${address.port}`
  }

  /** Names of the backends that receive connections now. */
  get healthy(): readonly string[] {
    return [...this.#backends.values()].flatMap(({ name, healthy }) => (healthy ? [name] : []))
  }

  get backends(): readonly Backend[] {
    return [...this.#backends.values()]
  }

  add(backend: Backend): void {
    this.#backends.set(backend.name, { ...backend, healthy: false, sockets: new Set() })
  }

  remove(name: string): void {
    this.#backends.delete(name)
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer)
    for (const socket of this.#sockets) socket.destroy()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  async #check(): Promise<void> {
    await Promise.all(
      [...this.#backends.values()].map(async (backend) => {
        const signal = AbortSignal.timeout(CHECK_TIMEOUT_MS)
        backend.healthy = await fetch(backend.health, { signal }).then(
          async (answer) => (await answer.text()) !== '' && answer.status === 200,
          () => false,
        )
      }),
    )
  }

  /** The ready backends, starting with the next in turn; all, when none is ready. */
  #order(): CheckedBackend[] {
    const all = [...this.#backends.values()]
    const healthy = all.filter((backend) => backend.healthy)
    const candidates = healthy.length > 0 ? healthy : all
    const first = this.#turn++ % Math.max(1, candidates.length)
    return [...candidates.slice(first), ...candidates.slice(0, first)]
  }

  #accept(client: Socket): void {
    this.#keep(client)
    this.#pass(client, this.#order())
  }

  #pass(client: Socket, [backend, ...others]: CheckedBackend[]): void {
    if (!backend) {
      client.destroy()
      return
    }
    const server = connect({ host: backend.host, port: backend.port, timeout: CONNECT_MS })
    const failed = () => {
      server.destroy()
      backend.healthy = false
      this.#pass(client, others)
    }
    server.once('error', failed)
    server.once('timeout', failed)
    server.once('connect', () => {
      server.removeListener('error', failed)
      server.removeListener('timeout', failed)
      server.setTimeout(0)
      server.setNoDelay(true)
      client.setNoDelay(true)
      this.#keep(server)
      this.passed.set(backend.name, (this.passed.get(backend.name) ?? 0) + 1)
      client.once('close', () => server.destroy())
      server.once('close', () => client.destroy())
      client.pipe(server)
      server.pipe(client)
      client.resume()
    })
  }

  #keep(socket: Socket): void {
    this.#sockets.add(socket)
    socket.on('error', () => socket.destroy())
    socket.once('close', () => this.#sockets.delete(socket))
  }
}
