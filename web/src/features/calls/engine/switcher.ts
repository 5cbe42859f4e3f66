import type { MediaKeyCommit } from '@beseda/proto/call/v1/call_service'
import type { IncomingSignal, SignalRefused } from '@beseda/proto/gateway/v1/frames'
import { handled } from '../../../diagnostics/log.js'
import { Alarm, type Clock } from '../../../time/clock.js'
import { type MediaState, SILENT, type Slot } from './media-state.js'
import type { Reaction } from './reactions.js'
import type { Peer, Transport, WayTrouble } from './transport.js'

type Picture = Parameters<Transport['update']>[0]

/** A room of an SFU, as the switcher needs it. */
export interface RoomTransport extends Transport {
  readonly authenticator: Uint8Array | undefined
  hear(commit: MediaKeyCommit): void
}

/** This browser cannot encrypt what would go through an SFU. */
export class CannotEncrypt extends Error {}

export interface SwitcherOptions {
  readonly clock: Clock
  /** From device to device. */
  readonly mesh: Transport
  /** Fetches the code of it. Errors: CannotEncrypt; those of fetching. */
  makeRoom(generation: number): Promise<RoomTransport>
  onChange(): void
}

/** The mesh is generation 0. */
interface Way {
  readonly generation: number
  transport: Transport | undefined
  readonly since: number
  /** Who was met on it: nobody else is while it goes out of use. */
  readonly met: Set<string>
  /** Since when those who were met have not been in the call. */
  readonly left: Map<string, number>
  isPossible: boolean
}

/**
 * A way goes out of use after this time: others may need it longer than this device does. Shorter: whoever is slow misses something; longer:
 * everything is sent twice for longer.
 */
const OVERLAP_MS = 10_000
/** How soon a voice that flows on the new way is heard from there. */
const LOOK_MS = 50
const RETRY_MS = 2_000
/** A room that nobody is connected through for this time is told of. Shorter: a slow network is called a broken one; longer: people wonder. */
const UNREACHABLE_MS = 8_000
const NOBODY: Picture = { participants: [], away: [] }

/**
 * The way that the media of a call take: from device to device, or through a room of an SFU. The next way is ready before the earlier one is
 * given up: a voice is heard on the old one until it flows on the new one.
 */
export class Switcher implements Transport {
  readonly #alarm: Alarm
  #ways: readonly Way[]
  #picture: Picture = NOBODY
  #media: MediaState = SILENT
  #closed = false
  #shown = ''

  constructor(private readonly options: SwitcherOptions) {
    this.#alarm = new Alarm(options.clock)
    this.#ways = [
      {
        generation: 0,
        transport: options.mesh,
        since: options.clock.now(),
        met: new Set(),
        left: new Map(),
        isPossible: true,
      },
    ]
  }

  get peers(): readonly Peer[] {
    const ways = this.#ways.flatMap(({ transport }) => (transport ? [transport.peers] : []))
    const newest = ways.at(-1) ?? []
    return newest.map((peer) => ways.slice(0, -1).reduceRight((chosen, older) => together(chosen, older), peer))
  }

  /** Of the keys of the room that the call is in; undefined: it is in none, or has no keys yet. */
  get authenticator(): Uint8Array | undefined {
    return this.#room?.authenticator
  }

  /** Undefined: none, or it is too soon to say. */
  get trouble(): WayTrouble | undefined {
    const { generation, since, isPossible } = this.#newest
    if (!isPossible) return 'unsupported'
    if (generation === 0 || this.options.clock.now() - since < UNREACHABLE_MS) return undefined
    const there = this.peers.filter(({ away }) => !away)
    return there.length > 0 && there.every(({ link }) => link.state !== 'connected') ? 'unreachable' : undefined
  }

  update(call: Picture): void {
    const generation = call.sfu?.generation ?? 0
    this.#picture = call
    if (generation !== this.#newest.generation) this.#turn(generation)
    this.#endOverheard()
    for (const way of this.#ways) this.#show(way)
  }

  receive(signal: IncomingSignal): void {
    this.options.mesh.receive(signal)
  }

  refused(refusal: SignalRefused): void {
    this.options.mesh.refused(refusal)
  }

  hear(commit: MediaKeyCommit): void {
    this.#room?.hear(commit)
  }

  signallingBack(): void {
    for (const way of this.#open) way.signallingBack()
  }

  networkChanged(): void {
    for (const way of this.#open) way.networkChanged()
  }

  serversChanged(): void {
    for (const way of this.#open) way.serversChanged()
  }

  tryAgain(userId: string): void {
    for (const way of this.#open) way.tryAgain(userId)
  }

  async setTrack(slot: Slot, track: MediaStreamTrack | null): Promise<void> {
    await Promise.all(this.#open.map((way) => way.setTrack(slot, track)))
  }

  say(media: MediaState): void {
    this.#media = media
    for (const way of this.#open) way.say(media)
  }

  react(reaction: Reaction): void {
    this.#open.at(-1)?.react(reaction)
  }

  /** On each way: the newest may have no keys yet. Whoever listens knows what they have heard before. */
  aside(content: Uint8Array): void {
    for (const way of this.#open) way.aside(content)
  }

  close(): void {
    this.#closed = true
    this.#alarm.clear()
    for (const way of new Set([this.options.mesh, ...this.#open])) way.close()
  }

  get #newest(): Way {
    return this.#ways.at(-1) as Way
  }

  get #open(): readonly Transport[] {
    return this.#ways.flatMap(({ transport }) => transport ?? [])
  }

  get #room(): RoomTransport | undefined {
    const { generation, transport } = this.#newest
    return generation > 0 ? (transport as RoomTransport | undefined) : undefined
  }

  #turn(generation: number): void {
    const { clock, mesh } = this.options
    // Nobody has been met yet: there is nothing to go on with.
    const possible = this.#ways.filter((way) => way.met.size > 0 && way.generation !== generation)
    // Of a call that moves often the rooms would be more and more: one goes on, through which somebody is heard.
    const carrying = possible.findLast(({ transport }) =>
      transport?.peers.some(({ link }) => link.state === 'connected'),
    )
    const before = possible.filter((way) => way === (carrying ?? possible.at(-1)))
    for (const way of this.#ways) if (!before.includes(way) && way.generation !== generation) this.#end(way)
    const way: Way = {
      generation,
      transport: generation === 0 ? mesh : undefined,
      since: clock.now(),
      met: new Set(),
      left: new Map(),
      isPossible: true,
    }
    this.#ways = [...before, way]
    if (generation > 0) void this.#fetch(way)
    this.#alarm.set(LOOK_MS, () => this.#look())
  }

  async #fetch(way: Way): Promise<void> {
    try {
      const transport = await this.options.makeRoom(way.generation)
      if (this.#closed || !this.#ways.includes(way)) return transport.close()
      way.transport = transport
      transport.say(this.#media)
      this.#show(way)
    } catch (error) {
      if (error instanceof CannotEncrypt) {
        way.isPossible = false
        this.options.onChange()
        return
      }
      handled('calls.sfu')(error)
      this.options.clock.after(RETRY_MS, () => !this.#closed && this.#ways.includes(way) && void this.#fetch(way))
    }
  }

  /**
   * The keys of a room that the call has left do not change any more, so whoever leaves the call would hear on: such a room ends at once. Keys
   * of those who left well before it did have changed there.
   */
  #endOverheard(): void {
    const now = this.options.clock.now()
    const there = new Set([...this.#picture.participants, ...this.#picture.away].map(({ deviceId }) => deviceId))
    for (const way of this.#ways) {
      for (const deviceId of way.met)
        if (there.has(deviceId)) way.left.delete(deviceId)
        else if (!way.left.has(deviceId)) way.left.set(deviceId, now)
      if (way === this.#newest || way.generation === 0) continue
      if (![...way.left.values()].some((at) => at >= this.#newest.since - OVERLAP_MS)) continue
      this.#ways = this.#ways.filter((kept) => kept !== way)
      this.#end(way)
    }
  }

  #show(way: Way): void {
    const { participants, away } = this.#picture
    if (way === this.#newest) {
      for (const { deviceId } of [...participants, ...away]) way.met.add(deviceId)
      way.transport?.update(this.#picture)
    } else {
      const isMet = ({ deviceId }: { deviceId: string }) => way.met.has(deviceId)
      way.transport?.update({ participants: participants.filter(isMet), away: away.filter(isMet) })
    }
  }

  /** While there are two ways. */
  #look(): void {
    if (this.#ways.length === 1) return
    if (this.options.clock.now() - this.#newest.since >= OVERLAP_MS) {
      for (const way of this.#ways.slice(0, -1)) this.#end(way)
      this.#ways = [this.#newest]
      this.options.onChange()
      return
    }
    const shown = this.peers.map(({ tracks }) => tracks.microphone?.id ?? '').join()
    if (shown !== this.#shown) this.options.onChange()
    this.#shown = shown
    this.#alarm.set(LOOK_MS, () => this.#look())
  }

  #end({ generation, transport }: Way): void {
    if (generation > 0) transport?.close()
    else transport?.update(NOBODY)
  }
}

/** Silence of somebody who is muted needs no proof. */
const isHeard = ({ link, media }: Peer, before: MediaState): boolean =>
  link.state === 'connected' && (link.flows || !(media.microphone || before.microphone))

/** Whoever is not heard on the new way yet is heard on the older one; their pictures come as soon as there are any. */
function together(peer: Peer, older: readonly Peer[]): Peer {
  const before = older.find(({ deviceId }) => deviceId === peer.deviceId)
  if (before?.link.state !== 'connected') return peer
  if (!isHeard(peer, before.media)) return before
  const { camera, screen } = before.tracks
  const tracks = { ...(camera ? { camera } : {}), ...(screen ? { screen } : {}), ...peer.tracks }
  return { ...peer, tracks, media: peer.media === SILENT ? before.media : peer.media }
}
