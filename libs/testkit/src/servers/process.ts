import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { START_MS } from '../patience.js'

export interface Program {
  command: string
  args: string[]
  env: Record<string, string>
}
export type ServerName =
  | 'nats-server'
  | 'redis-server'
  | 'turnserver'
  | 'prometheus'
  | 'promtool'
  | 'caddy'
  | 'nginx'
  | 'haproxy'
  | 'kubectl'
interface Provision {
  provideServer(name: ServerName): Promise<Program>
  provideGatewayNode(node?: string): Promise<Program>
}

/** The launcher's own lookup of servers. Sources and build are equally deep, so the path works for both. */
export const provision = async (): Promise<Provision> =>
  (await import(new URL('../../../../tools/provision/index.mjs', import.meta.url).href)) as Provision

/** A server of a test: a real process that can be killed and restarted with the same data and port. */
export class ServerProcess {
  #child: ChildProcess | undefined
  #output = ''

  private constructor(
    private readonly program: Program,
    private readonly args: readonly string[],
    private readonly env: Record<string, string>,
    private readonly isReady: () => Promise<boolean>,
  ) {}

  /** `isReady` is called until it returns true; errors mean "not yet". */
  static async start(
    name: ServerName,
    args: readonly string[],
    isReady: () => Promise<boolean>,
    env: Record<string, string> = {},
  ): Promise<ServerProcess> {
    const program = await (await provision()).provideServer(name)
    const server = new ServerProcess(program, args, env, isReady)
    await server.start()
    return server
  }

  /** A program that this machine has by itself. */
  static async run(program: Program, args: readonly string[], isReady: () => Promise<boolean>): Promise<ServerProcess> {
    const server = new ServerProcess(program, args, {}, isReady)
    await server.start()
    return server
  }

  get pid(): number | undefined {
    return this.#child?.pid
  }

  /** The output of the process, for error messages. */
  get output(): string {
    return this.#output
  }

  async start(): Promise<void> {
    const child = spawn(this.program.command, [...this.program.args, ...this.args], {
      env: { ...process.env, ...this.program.env, ...this.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.#child = child
    const keep = (chunk: Buffer) => {
      this.#output = (this.#output + chunk.toString()).slice(-100_000)
    }
    child.stdout?.on('data', keep)
    child.stderr?.on('data', keep)
    const end = () => child.kill('SIGKILL')
    process.once('exit', end)
    child.once('exit', () => process.off('exit', end))
    const deadline = Date.now() + START_MS
    while (!(await this.isReady().catch(() => false))) {
      if (child.exitCode !== null) throw new Error(`${this.program.command} ended at once:\n${this.#output}`)
      if (Date.now() > deadline)
        throw new Error(`${this.program.command} is not ready after ${START_MS / 1_000} s:\n${this.#output}`)
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }

  /** Sends the signal; for ending ones, resolves when the process is gone. */
  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const child = this.#child
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    const gone = signal === 'SIGSTOP' || signal === 'SIGCONT' ? undefined : once(child, 'exit')
    child.kill(signal)
    await gone
  }

  async restart(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    await this.kill(signal)
    await this.start()
  }
}
