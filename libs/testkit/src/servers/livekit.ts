import { randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { launcher, type Plan } from '../launcher.js'
import { freePorts } from '../ports.js'
import { ServerProcess } from './process.js'

/** The command of livekit-server, where this machine has it; undefined: what needs it is skipped, and says so. */
export async function findLivekit(): Promise<string | undefined> {
  const path = new URL('../../../../tools/provision/livekit.mjs', import.meta.url).href
  const { findLivekit: find } = (await import(path)) as { findLivekit(): Promise<string | undefined> }
  return find()
}

export interface SfuAddress {
  readonly host: string
  readonly port: number
  readonly tcpPort: number
  readonly udpPort: number
}

/** The launcher's own plan of a node. */
export interface SfuLauncher {
  planSfu(command: string, data: { secret: string; config: string }, place: SfuAddress, name?: string): Promise<Plan>
  sfuNode(place: SfuAddress): string
}

export async function sfuAddress(): Promise<SfuAddress> {
  const [port = 0, tcpPort = 0, udpPort = 0] = await freePorts(3)
  return { host: '127.0.0.1', port, tcpPort, udpPort }
}

export interface TestSfu {
  /** What the call service needs to use the nodes. */
  readonly env: Readonly<Record<'SFU_NODES' | 'SFU_SECRET_FILE', string>>
  readonly nodes: readonly { readonly url: string; readonly process: ServerProcess }[]
  stop(): Promise<void>
}

/** Nodes of an SFU, each by itself, on loopback. Ask `findLivekit` for the command first. */
export async function startSfu(command: string, count = 1): Promise<TestSfu> {
  const { planSfu, sfuNode } = await launcher<SfuLauncher>('sfu.mjs')
  const folder = await mkdtemp(join(tmpdir(), 'beseda-sfu-'))
  const secret = join(folder, 'sfu.hex')
  await writeFile(secret, randomBytes(32).toString('hex'))
  const started = await Promise.all(
    Array.from({ length: count }, async (_, i) => {
      const place = await sfuAddress()
      const plan = await planSfu(command, { secret, config: join(folder, `sfu-${i}.json`) }, place)
      const process = await ServerProcess.run({ command, args: [], env: {} }, plan.args, plan.ready)
      const named = sfuNode(place)
      return { named, url: named.split('=')[0] ?? '', process }
    }),
  )
  return {
    env: { SFU_NODES: started.map(({ named }) => named).join(','), SFU_SECRET_FILE: secret },
    nodes: started.map(({ url, process }) => ({ url, process })),
    async stop() {
      await Promise.all(started.map(({ process }) => process.kill()))
      await rm(folder, { recursive: true, force: true })
    },
  }
}
