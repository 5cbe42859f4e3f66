import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { openSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { START_MS } from '../patience.js'

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url))
/** Delay before a process that ended by itself is restarted, as an orchestrator does. */
const AGAIN_MS = 500
/** Size of the reported end of the log of a process that ended unexpectedly. */
const LAST_WORDS = 2_000

export interface Command {
  readonly name: string
  readonly command: string
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly log: string
  isReady(): Promise<boolean>
}

/** Children that must not outlive this process. */
const children = new Set<ChildProcess>()
process.once('exit', () => {
  for (const child of children) child.kill('SIGKILL')
})

/** One process of a fleet: restarted when it dies, for whatever reason, until it is stopped. */
export class FleetProcess {
  #child: ChildProcess | undefined
  #stopped = false
  #paused = false
  /** Unexpected ends. */
  readonly deaths: string[] = []

  constructor(readonly command: Command) {}

  get name(): string {
    return this.command.name
  }

  get pid(): number | undefined {
    return this.#child && this.#child.exitCode === null && this.#child.signalCode === null ? this.#child.pid : undefined
  }

  /** Starts it and waits until it is ready. */
  async start(): Promise<void> {
    this.#stopped = false
    this.#spawn()
    await this.becomesReady()
  }

  async becomesReady(): Promise<void> {
    const deadline = Date.now() + START_MS
    while (!(await this.command.isReady().catch(() => false))) {
      if (Date.now() > deadline)
        throw new Error(`${this.name} is not ready after ${START_MS / 1000} s: ${this.command.log}`)
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }

  /** `kill -9`; it is restarted automatically. */
  async crash(): Promise<void> {
    await this.#end('SIGKILL')
  }

  pause(): void {
    this.#paused = true
    this.#child?.kill('SIGSTOP')
  }

  carryOn(): void {
    this.#paused = false
    this.#child?.kill('SIGCONT')
  }

  /** SIGTERM, and SIGKILL if that does not help; it is not restarted. */
  async stop(): Promise<void> {
    this.#stopped = true
    if (this.#paused) this.carryOn()
    const timer = setTimeout(() => this.#child?.kill('SIGKILL'), 30_000)
    await this.#end('SIGTERM')
    clearTimeout(timer)
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child
    if (this.pid === undefined || !child) return
    const gone = once(child, 'exit')
    child.kill(signal)
    await gone
  }

  #spawn(): void {
    const { command, args, env, log } = this.command
    const file = openSync(log, 'a', 0o600)
    const child = spawn(command, [...args], {
      cwd: ROOT,
      env: { ...process.env, ...env },
      stdio: ['ignore', file, file],
    })
    this.#child = child
    children.add(child)
    child.once('exit', (code, signal) => {
      children.delete(child)
      if (this.#stopped) return
      if (signal !== 'SIGKILL') {
        const said = readFileSync(log, 'utf8').slice(-LAST_WORDS)
        this.deaths.push(`${this.name}: ${signal ?? `code ${code}`}\n${said}`)
      }
      setTimeout(() => {
        if (!this.#stopped) this.#spawn()
      }, AGAIN_MS)
    })
  }
}
