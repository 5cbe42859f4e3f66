import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { START_MS } from '@beseda/testkit'
import { DOCKER_CONFIG } from '../../tools/test/docker.mjs'

const run = promisify(execFile)
/** A build prints much. */
const OUTPUT_BYTES = 64 * 1024 * 1024

const FORWARDING = '/proc/sys/net/ipv4/ip_forward'
/** Of a host that has never had a rule. */
const NO_RULES = ['filter', 'nat']
  .map((table) => `*${table}\n:${table === 'filter' ? 'FORWARD' : 'POSTROUTING'} ACCEPT\nCOMMIT\n`)
  .join('')

/** What an engine changes of its host: it forwards from then on, and drops what no rule names. */
class Host {
  private constructor(
    private readonly forwarding: string,
    private readonly rules: string,
  ) {}

  static async remember(): Promise<Host> {
    const { stdout } = await run('iptables-save')
    return new Host(await readFile(FORWARDING, 'utf8'), stdout.includes('*filter') ? stdout : NO_RULES)
  }

  async restore(): Promise<void> {
    const child = execFile('iptables-restore')
    child.stdin?.end(this.rules)
    await once(child, 'exit')
    await writeFile(FORWARDING, this.forwarding)
  }
}

/** A Docker engine of the test's own: its images, containers and volumes are gone with it. */
export class Docker {
  private constructor(
    private readonly folder: string,
    private readonly daemon: ChildProcess,
    private readonly env: NodeJS.ProcessEnv,
    private readonly host: Host,
  ) {}

  /** Starts one as root; why there is none, in one sentence, where that cannot be. */
  static async start(): Promise<Docker | string> {
    if (process.getuid?.() !== 0) return 'only root may start a Docker engine'
    // Both would keep their rules in the same chains.
    if (existsSync('/sys/class/net/docker0')) return 'another Docker engine runs here'
    const host = await Host.remember().catch(() => undefined)
    if (!host) return 'this host has no iptables'
    const folder = await mkdtemp(join(tmpdir(), 'beseda-docker-'))
    const socket = `unix://${join(folder, 'docker.sock')}`
    const config = join(folder, 'daemon.json')
    // None of the host's settings.
    await writeFile(config, '{}')
    const place = ['data', 'exec'].flatMap((name) => [`--${name}-root`, join(folder, name)])
    const daemon = spawn('dockerd', ['--config-file', config, ...place, '-p', join(folder, 'pid'), '-H', socket], {
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    let said = ''
    daemon.stderr?.on('data', (chunk: Buffer) => (said = (said + chunk).slice(-2_000)))
    const env = { ...process.env, DOCKER_HOST: socket, ...(existsSync(DOCKER_CONFIG) ? { DOCKER_CONFIG } : {}) }
    const docker = new Docker(folder, daemon, env, host)
    const failed = await docker.#started().catch((error: Error) => error.message)
    if (failed !== undefined) {
      await docker.stop()
      return `no Docker engine starts here: ${failed} ${said.trim().split('\n').at(-1) ?? ''}`
    }
    return docker
  }

  /** Why it is of no use, once it has answered. */
  async #started(): Promise<string | undefined> {
    const gone = once(this.daemon, 'exit').then(() => 'it ended.')
    gone.catch(() => {})
    const deadline = Date.now() + START_MS
    for (;;) {
      const driver = await Promise.race([gone, this.run('info', '--format', 'driver {{.Driver}}').catch(() => '')])
      if (driver === 'it ended.') return driver
      if (Date.now() > deadline) return 'it does not answer.'
      if (driver.startsWith('driver ')) {
        // Every layer would be a copy of all below it.
        if (driver.includes('vfs')) return 'its only way to keep images here is to copy them.'
        return this.run('compose', 'version').then(
          () => undefined,
          () => 'it has no Compose.',
        )
      }
    }
  }

  /** What `docker` says. Errors: its own, with its output. */
  async run(...args: string[]): Promise<string> {
    return this.#run(args, {})
  }

  /** Like `run`, in a folder and with more variables: as a person's shell. */
  async runIn(cwd: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<string> {
    return this.#run(args, { cwd, env: { ...this.env, ...env } })
  }

  async #run(args: readonly string[], more: { cwd?: string; env?: NodeJS.ProcessEnv }): Promise<string> {
    const { stdout } = await run('docker', [...args], { env: this.env, maxBuffer: OUTPUT_BYTES, ...more })
    return stdout.trim()
  }

  /** Builds an image from a Dockerfile without a context. */
  async image(name: string, dockerfile: string): Promise<void> {
    const child = execFile('docker', ['build', '-q', '-t', name, '-'], { env: { ...this.env, DOCKER_BUILDKIT: '0' } })
    child.stdin?.end(dockerfile)
    const [code] = await once(child, 'exit')
    if (code !== 0) throw new Error(`docker build of ${name} ended with ${code}`)
  }

  async stop(): Promise<void> {
    const { daemon, folder } = this
    if (daemon.exitCode === null && daemon.pid !== undefined) {
      const ended = once(daemon, 'exit')
      daemon.kill('SIGTERM')
      await ended
    }
    await run('umount', [join(folder, 'exec', 'netns', 'default')]).catch(() => {})
    await run('ip', ['link', 'delete', 'docker0']).catch(() => {})
    await this.host.restore()
    await rm(folder, { recursive: true, force: true })
  }
}
