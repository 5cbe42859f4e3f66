import type { Fleet, Kind } from '../fleet/fleet.js'
import { SERVICES } from '../services.js'

/** A fault or a planned operation that happens while people talk. */
export interface Fault {
  readonly name: string
  /** Resolves when it is over: a killed process is being restarted, a paused or disconnected one continues. */
  happen(fleet: Fleet, random: () => number): Promise<void>
}

const KINDS: readonly Kind[] = [...SERVICES, 'gateway']

const pick = <T>(list: readonly T[], random: () => number): T => {
  const found = list[Math.floor(random() * list.length)]
  if (found === undefined) throw new Error('nothing to choose from')
  return found
}
const wait = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms))

const crash = (kind: Kind): Fault => ({
  name: `kill -9 of a ${kind}`,
  happen: async (fleet, random) => fleet.find(pick(fleet.of(kind), random)).crash(),
})

const pause = (kind: Kind | 'nats' | 'redis', seconds: number): Fault => ({
  name: `${kind} paused for ${seconds} s`,
  happen: async (fleet, random) => {
    const process = fleet.find(kind === 'redis' ? kind : pick(fleet.of(kind), random))
    process.pause()
    await wait(seconds * 1_000)
    process.carryOn()
  },
})

const busLeader: Fault = {
  name: 'kill -9 of the leader of a partition',
  happen: async (fleet, random) => fleet.find(await fleet.leaderOf(Math.floor(random() * 4))).crash(),
}

const redis: Fault = { name: 'kill -9 of Redis', happen: (fleet) => fleet.find('redis').crash() }

const cut = (seconds: number): Fault => ({
  name: `a zone cut off for ${seconds} s`,
  happen: async ({ zones }, random) => {
    await zones.cut?.(Math.floor(random() * zones.zones.length))
    await wait(seconds * 1_000)
    await zones.heal?.()
  },
})

const rolling = (kinds: readonly Kind[]): Fault => ({
  name: `rolling restart of ${kinds.length > 1 ? 'everything' : `each ${kinds[0]}`}`,
  happen: async (fleet) => {
    for (const kind of kinds) for (const name of fleet.of(kind)) await fleet.restart(name)
  },
})

const scaling = (kind: Kind): Fault => ({
  name: `one ${kind} more, and one less`,
  happen: async (fleet) => {
    const [oldest] = fleet.of(kind)
    await fleet.scaleUp(kind)
    if (oldest !== undefined) await fleet.scaleDown(oldest)
  },
})

/** Each kind of process, each kind of end. `pauses`: seconds of a pause and of a network cut. */
export function allFaults(canCut: boolean, pauses: number): Fault[] {
  return [
    ...KINDS.map(crash),
    busLeader,
    redis,
    ...([...KINDS, 'nats', 'redis'] as const).map((kind) => pause(kind, pauses)),
    ...(canCut ? [cut(pauses)] : []),
    scaling('gateway'),
    scaling('group'),
    rolling(KINDS),
  ]
}

/** One fault of each kind, for a minute. */
export function fewFaults(canCut: boolean): Fault[] {
  return [
    crash('gateway'),
    busLeader,
    crash('group'),
    pause('gateway', 3),
    redis,
    ...(canCut ? [cut(4)] : []),
    pause('group', 2),
    rolling(KINDS),
    scaling('gateway'),
  ]
}
