import { execFileSync } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Whether this machine lets a test make networks of its own (Linux, root, iproute2). */
export function mayMakeNetworks(): boolean {
  try {
    execFileSync('ip', ['netns', 'add', 'beseda-probe'], { stdio: 'ignore' })
    execFileSync('ip', ['netns', 'del', 'beseda-probe'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

let count = 0

/** Another host on this machine: a network namespace with one cable to this one. */
export class OtherHost {
  /** Of the installation, as this host reaches it. */
  readonly url: string

  private constructor(
    private readonly name: string,
    private readonly folder: string,
    private readonly door: Server,
    address: string,
  ) {
    this.url = address
  }

  /** `gateway`: address on this host's loopback. */
  static async make(gateway: string): Promise<OtherHost> {
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
    // A way out, so that the host takes itself to be on a network.
    ip('-n', name, 'route', 'add', 'default', 'via', `${subnet}.1`)
    const door = createServer((socket) => {
      const { port } = new URL(gateway)
      const onwards = connect(Number(port), '127.0.0.1')
      socket.pipe(onwards).pipe(socket)
      for (const end of [socket, onwards]) end.on('error', () => [socket, onwards].map((both) => both.destroy()))
    })
    await new Promise<void>((resolve) => door.listen(0, `${subnet}.1`, resolve))
    const { port } = door.address() as { port: number }
    const folder = mkdtempSync(join(tmpdir(), 'beseda-host-'))
    return Object.assign(new OtherHost(name, folder, door, `http://${subnet}.1:${port}`), { inner, subnet })
  }

  declare private readonly inner: string
  declare private readonly subnet: string

  /** A program that runs `program` on that host. */
  wrap(program: string): string {
    const path = join(this.folder, 'run')
    writeFileSync(path, `#!/bin/sh\nexec ip netns exec ${this.name} ${program} "$@"\n`)
    chmodSync(path, 0o755)
    return path
  }

  /** Pulls the cable. */
  cut(): void {
    execFileSync('ip', ['-n', this.name, 'link', 'set', this.inner, 'down'])
  }

  /** Puts it back. */
  mend(): void {
    execFileSync('ip', ['-n', this.name, 'link', 'set', this.inner, 'up'])
    execFileSync('ip', ['-n', this.name, 'route', 'replace', 'default', 'via', `${this.subnet}.1`])
  }

  stop(): void {
    this.door.close()
    execFileSync('ip', ['netns', 'del', this.name])
    rmSync(this.folder, { recursive: true, force: true })
  }
}
