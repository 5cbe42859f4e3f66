import { Alarm, type Clock } from '../../../../time/clock.js'
import type { Slot } from '../media-state.js'
import type { Link } from '../transport.js'
import { FRESH_WAY, planOf, remember, type SendPlan, type VideoPlan, type WayMemory } from './quality.js'
import { hear, SILENCE, type Voice } from './speaking.js'
import { type LinkStats, readStats, type StatsReport } from './stats.js'

export interface Observed {
  readonly stats: LinkStats | undefined
  readonly speaking: boolean
  readonly plan: SendPlan | undefined
}

interface Way {
  report: StatsReport | undefined
  stats: LinkStats | undefined
  memory: WayMemory
  voice: Voice
  plan: SendPlan | undefined
  applied: string
}

export interface ObserverOptions {
  readonly clock: Clock
  /** By device id. */
  links(): ReadonlyMap<string, Link>
  sending(): { readonly camera: boolean; readonly screen: boolean }
  onChange(): void
}

const LISTEN_MS = 150
const MEASURE_MS = 1_000

/** Reads the statistics of every link once a second, adapts the bitrates to the bandwidth, and detects who speaks. */
export class Observer {
  readonly #ways = new Map<string, Way>()
  readonly #listening: Alarm
  readonly #measuring: Alarm

  constructor(private readonly options: ObserverOptions) {
    this.#listening = new Alarm(options.clock)
    this.#measuring = new Alarm(options.clock)
    this.#listen()
    void this.measure()
  }

  of(deviceId: string): Observed {
    const way = this.#ways.get(deviceId)
    return { stats: way?.stats, speaking: way?.voice.speaking ?? false, plan: way?.plan }
  }

  /** No link has the bandwidth for the camera. */
  get cameraPaused(): boolean {
    const plans = [...this.#ways.values()].flatMap(({ plan }) => (plan ? [plan] : []))
    return this.options.sending().camera && plans.length > 0 && plans.every(({ camera }) => camera === undefined)
  }

  close(): void {
    this.#listening.clear()
    this.#measuring.clear()
  }

  async measure(): Promise<void> {
    this.#measuring.set(MEASURE_MS, () => void this.measure())
    const links = this.options.links()
    for (const deviceId of this.#ways.keys()) if (!links.has(deviceId)) this.#ways.delete(deviceId)
    await Promise.all([...links].map(([deviceId, link]) => this.#look(this.#way(deviceId), link, links.size + 1)))
    this.options.onChange()
  }

  async #look(way: Way, link: Link, people: number): Promise<void> {
    const report = await link.report()
    const connected = link.state === 'connected'
    way.stats = report && readStats(report, way.report, connected)
    way.report = report
    if (!link.sender) way.plan = undefined
    if (!way.stats || !connected || !link.sender) return
    const { lossOut: loss, rttMs, availableBps } = way.stats
    way.memory = remember(way.memory, { loss, rttMs, availableBps })
    way.plan = planOf({ people, loss, rttMs, availableBps, ...this.options.sending() }, way.memory)
    await applyPlan(way, link).catch(() => {
      // The sender is between two negotiations: the next second tries again.
      way.applied = ''
    })
  }

  #listen(): void {
    this.#listening.set(LISTEN_MS, () => this.#listen())
    const now = this.options.clock.now()
    let changed = false
    for (const [deviceId, link] of this.options.links()) {
      const way = this.#way(deviceId)
      const voice = hear(way.voice, link.level, now)
      changed ||= voice.speaking !== way.voice.speaking
      way.voice = voice
    }
    if (changed) this.options.onChange()
  }

  #way(deviceId: string): Way {
    const known = this.#ways.get(deviceId)
    if (known) return known
    const way: Way = {
      report: undefined,
      stats: undefined,
      memory: FRESH_WAY,
      voice: SILENCE,
      plan: undefined,
      applied: '',
    }
    this.#ways.set(deviceId, way)
    return way
  }
}

async function applyPlan(way: Way, link: Link): Promise<void> {
  const { plan } = way
  if (!plan) return
  const wanted = JSON.stringify([plan, heightOf(link, 'camera'), heightOf(link, 'screen')])
  if (wanted === way.applied) return
  way.applied = wanted
  await limit(link, 'microphone', { maxBitrate: plan.audioBps, priority: 'high', networkPriority: 'high' })
  await limit(link, 'camera', videoEncoding(plan.camera, heightOf(link, 'camera')))
  await limit(link, 'screen', videoEncoding(plan.screen, heightOf(link, 'screen')))
}

const heightOf = (link: Link, slot: Slot): number => link.sender?.(slot)?.track?.getSettings().height ?? 0

const videoEncoding = (plan: VideoPlan | undefined, height: number): Partial<RTCRtpEncodingParameters> =>
  plan
    ? {
        active: true,
        maxBitrate: plan.maxBps,
        maxFramerate: plan.fps,
        scaleResolutionDownBy: Math.max(1, height / plan.height),
      }
    : { active: false }

async function limit(link: Link, slot: Slot, encoding: Partial<RTCRtpEncodingParameters>): Promise<void> {
  const sender = link.sender?.(slot)
  const parameters = sender?.getParameters()
  if (!sender || !parameters?.encodings?.length) return
  parameters.encodings = parameters.encodings.map((before) => ({ ...before, ...encoding }))
  await sender.setParameters(parameters)
}
