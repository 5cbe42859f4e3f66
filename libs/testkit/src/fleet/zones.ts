import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const run = promisify(execFile)
const ip = (...args: string[]) => run('ip', args)

/** Address of the processes of a zone, and how a command is run there. */
export interface Zone {
  readonly address: string
  /** Prefix of a command line; empty: the host's own network. */
  readonly prefix: readonly string[]
}

/** Availability zones of a test installation: separate hosts whose links can be cut. */
export interface Zones {
  readonly zones: readonly Zone[]
  /** Undefined when the zones cannot be cut from each other. */
  cut?(zone: number): Promise<void>
  heal?(): Promise<void>
  remove(): Promise<void>
}

/** All zones on loopback. */
export const onLoopback = (count: number): Zones => ({
  zones: Array.from({ length: count }, () => ({ address: '127.0.0.1', prefix: [] })),
  remove: () => Promise.resolve(),
})

/** Network namespaces need root and iproute2. */
export const canCut = async (): Promise<boolean> =>
  process.getuid?.() === 0 &&
  (await ip('netns', 'add', `probe-${process.pid}`).then(
    () => ip('netns', 'delete', `probe-${process.pid}`).then(() => true),
    () => false,
  ))

/** One network namespace per zone, all on one bridge of the host. A cut silently drops packets, as a broken line does. */
export async function inNamespaces(count: number): Promise<Zones> {
  const id = process.pid.toString(36)
  const bridge = `bz${id}`
  const subnet = `10.${64 + (process.pid % 64)}.${(process.pid >> 6) % 256}`
  const made = Array.from({ length: count }, (_, i) => ({
    namespace: `bz${id}-${i}`,
    link: `bz${id}-${i}`,
    address: `${subnet}.${i + 2}`,
  }))
  await ip('link', 'add', 'name', bridge, 'type', 'bridge')
  await ip('address', 'add', `${subnet}.1/24`, 'dev', bridge)
  await ip('link', 'set', bridge, 'up')
  for (const { namespace, link, address } of made) {
    await ip('netns', 'add', namespace)
    await ip('link', 'add', link, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', namespace)
    await ip('link', 'set', link, 'master', bridge, 'up')
    await ip('-n', namespace, 'address', 'add', `${address}/24`, 'dev', 'eth0')
    await ip('-n', namespace, 'link', 'set', 'eth0', 'up')
    await ip('-n', namespace, 'link', 'set', 'lo', 'up')
  }
  const between = async (verb: 'add' | 'delete', [a, b]: readonly [(typeof made)[0], (typeof made)[0]]) => {
    await ip('-n', a.namespace, 'route', verb, 'blackhole', `${b.address}/32`)
    await ip('-n', b.namespace, 'route', verb, 'blackhole', `${a.address}/32`)
  }
  let broken: (readonly [(typeof made)[0], (typeof made)[0]])[] = []
  return {
    zones: made.map(({ namespace, address }) => ({ address, prefix: ['ip', 'netns', 'exec', namespace] })),
    cut: async (zone) => {
      const alone = made[zone]
      if (!alone) throw new Error(`there is no zone ${zone}`)
      broken = made.filter((other) => other !== alone).map((other) => [alone, other] as const)
      for (const pair of broken) await between('add', pair)
    },
    heal: async () => {
      for (const pair of broken.splice(0)) await between('delete', pair)
    },
    remove: async () => {
      for (const { namespace } of made) await ip('netns', 'delete', namespace).catch(() => undefined)
      await ip('link', 'delete', bridge).catch(() => undefined)
    },
  }
}
