import type { ProcessStatus, StreamStatus } from '@beseda/proto/identity/v1/identity_service'

/** The components of an installation. */
const SERVICES = [
  'gateway',
  'identity',
  'group',
  'membership',
  'call',
  'presence',
  'notify',
  'preview',
  'export',
  'mail',
  'caption',
] as const
/** Only where they are configured; one that is not there is not missing. */
const OPTIONAL: ReadonlySet<string> = new Set(['export', 'mail', 'caption'])
const STORES = ['nats', 'redis'] as const
type State = 'ok' | 'troubled' | 'absent'

interface Component {
  readonly name: (typeof SERVICES)[number] | (typeof STORES)[number]
  readonly state: State
}
export interface ServiceComponent extends Component {
  readonly processes: readonly ProcessStatus[]
}
interface StoreComponent extends Component {
  /** Connected processes, out of those that need this component. */
  readonly connected: number
  readonly wanted: number
  readonly version: string
}

export interface Overview {
  readonly services: readonly ServiceComponent[]
  readonly stores: readonly StoreComponent[]
  readonly streams: readonly StreamStatus[]
  /** By name; undefined when no process reports it. */
  readonly figures: Readonly<Record<(typeof FIGURES)[number], number | undefined>>
  readonly well: boolean
}

export const FIGURES = ['people', 'connections', 'groups', 'calls', 'reports'] as const
/** Gateways each hold a part, so these add up. Every replica counts all other numbers for the whole installation. */
const SUMMED: ReadonlySet<string> = new Set(['connections'])

/** For each view that lags: the commits of all its streams that it has not read yet. */
export function lagsOf({ views }: ProcessStatus): { view: string; lag: number }[] {
  const byView = new Map<string, number>()
  for (const { view, lag } of views) byView.set(view, (byView.get(view) ?? 0) + Number(lag))
  return [...byView].filter(([, lag]) => lag > 0).map(([view, lag]) => ({ view, lag }))
}

export const isTroubled = ({ replicasBehind, replicasOffline }: StreamStatus): boolean =>
  replicasBehind + replicasOffline > 0

/** Combines the reports of all processes. A service that does not answer is listed by name as missing. */
export function overviewOf(processes: readonly ProcessStatus[]): Overview {
  const services = SERVICES.flatMap((name): ServiceComponent[] => {
    const own = processes.filter(({ service }) => service === name)
    if (own.length === 0 && OPTIONAL.has(name)) return []
    const troubled = own.some(({ unready }) => unready.length > 0)
    return [{ name, processes: own, state: own.length === 0 ? 'absent' : troubled ? 'troubled' : 'ok' }]
  })
  const streams = streamsOf(processes)
  const stores = STORES.map((name): StoreComponent => {
    const connected = processes.filter(({ ready }) => ready.includes(name)).length
    const wanted = connected + processes.filter(({ unready }) => unready.includes(name)).length
    const troubled = connected < wanted || (name === 'nats' && streams.some(isTroubled))
    const version = name === 'nats' ? (processes.find(({ busVersion }) => busVersion)?.busVersion ?? '') : ''
    return { name, connected, wanted, version, state: connected === 0 ? 'absent' : troubled ? 'troubled' : 'ok' }
  })
  const figures = Object.fromEntries(FIGURES.map((name) => [name, figureOf(processes, name)])) as Overview['figures']
  return { services, stores, streams, figures, well: [...services, ...stores].every(({ state }) => state === 'ok') }
}

/** Several processes follow the same stream: the newest answer counts. */
function streamsOf(processes: readonly ProcessStatus[]): StreamStatus[] {
  const byName = new Map<string, StreamStatus>()
  for (const one of processes.flatMap(({ streams }) => streams)) {
    const known = byName.get(one.stream)
    if (!known || one.lastSeq > known.lastSeq) byName.set(one.stream, one)
  }
  return [...byName.values()].sort((a, b) => a.stream.localeCompare(b.stream, 'en', { numeric: true }))
}

function figureOf(processes: readonly ProcessStatus[], name: string): number | undefined {
  const said = processes.flatMap(({ figures }) => (figures[name] === undefined ? [] : [Number(figures[name])]))
  if (said.length === 0) return undefined
  return SUMMED.has(name) ? said.reduce((sum, one) => sum + one, 0) : Math.max(...said)
}
