import { execFileSync } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export const NO_NETWORKS = 'only Linux, root and iproute2 can make networks to pull the cable of'

/** Whether a test can create networks on this machine (Linux, root, iproute2). */
export function mayMakeNetworks(): boolean {
  const probe = `beseda-probe-${process.pid}`
  try {
    execFileSync('ip', ['netns', 'add', probe], { stdio: 'ignore' })
    execFileSync('ip', ['netns', 'del', probe], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

let count = 0

/** Another host on this machine: a network namespace with one cable to this one. */
export class OtherHost {
  #door: Server | undefined
  #url = ''
  readonly #folder = mkdtempSync(join(tmpdir(), 'beseda-host-'))

  private constructor(
    private readonly name: string,
    private readonly inner: string,
    private readonly subnet: string,
  ) {}

  static make(): OtherHost {
    const name = `beseda${process.pid}${++count}`
    const [outer, inner] = [`bo${process.pid % 100_000}${count}`, `bi${process.pid % 100_000}${count}`]
    const subnet = `10.${77 + count}.${process.pid % 250}`
    const ip = (...args: string[]) => execFileSync('ip', args)
    ip('netns', 'add', name)
    ip('link', 'add', outer, 'type', 'veth', 'peer', 'name', inner)
    ip('link', 'set', inner, 'netns', name)
    ip('addr', 'add', `${subnet}.1/24`, 'dev', outer)
    ip('link', 'set', outer, 'up')
    ip('-n', name, 'addr', 'add', `${subnet}.2/24`, 'dev', inner)
    ip('-n', name, 'link', 'set', 'lo', 'up')
    ip('-n', name, 'link', 'set', inner, 'up')
    ip('-n', name, 'link', 'set', inner, 'alias', 'cable')
    // A default route, so that the host considers itself online.
    ip('-n', name, 'route', 'add', 'default', 'via', `${subnet}.1`)
    return new OtherHost(name, inner, subnet)
  }

  get address(): string {
    return `${this.subnet}.2`
  }

  /** This machine's address, as seen by that host. */
  get router(): string {
    return `${this.subnet}.1`
  }

  /** Address of the installation for this host. */
  get url(): string {
    return this.#url
  }

  /** Lets that host reach a gateway on this machine's loopback. */
  async openDoor(gateway: string): Promise<void> {
    const door = createServer((socket) => {
      const { port } = new URL(gateway)
      const onwards = connect(Number(port), '127.0.0.1')
      socket.pipe(onwards).pipe(socket)
      for (const end of [socket, onwards]) end.on('error', () => [socket, onwards].map((both) => both.destroy()))
    })
    await new Promise<void>((resolve) => door.listen(0, this.router, resolve))
    const { port } = door.address() as { port: number }
    this.#door = door
    this.#url = `http://${this.router}:${port}`
  }

  /** Blocks all traffic from this host to the other one. */
  wallOff(other: OtherHost): void {
    execFileSync('ip', ['-n', this.name, 'route', 'add', 'unreachable', `${other.address}/32`])
  }

  /** The result of a connection from that host: `open`, or the code of its error. */
  knock(address: string, port: number): string {
    const script = `require('net').connect(${port}, '${address}').on('connect', () => tell('open')).on('error', (e) => tell(e.code))
      function tell(word) { process.stdout.write(word); process.exit() }`
    return execFileSync('ip', ['netns', 'exec', this.name, process.execPath, '-e', script], { encoding: 'utf8' })
  }

  /** A program that runs `program` on that host. */
  wrap(program: string): string {
    const path = join(this.#folder, 'run')
    writeFileSync(path, `#!/bin/sh\nexec ip netns exec ${this.name} ${program} "$@"\n`)
    chmodSync(path, 0o755)
    return path
  }

  /** Unplugs the cable. */
  cut(): void {
    execFileSync('ip', ['-n', this.name, 'link', 'set', this.inner, 'down'])
  }

  /** Plugs it in again. */
  mend(): void {
    execFileSync('ip', ['-n', this.name, 'link', 'set', this.inner, 'up'])
    execFileSync('ip', ['-n', this.name, 'route', 'replace', 'default', 'via', this.router])
  }

  stop(): void {
    this.#door?.close()
    execFileSync('ip', ['netns', 'del', this.name])
    rmSync(this.#folder, { recursive: true, force: true })
  }
}
