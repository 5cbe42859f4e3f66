import type { Call, CallAccess } from '@beseda/proto/call/v1/call_service'
import type { IncomingSignal, OutgoingSignal, SignalRefused } from '@beseda/proto/gateway/v1/frames'
import { handled } from '../../../diagnostics/log.js'
import type { Clock } from '../../../time/clock.js'
import { type Attendee, attendees, type Device, initiates } from './attendance.js'
import { type MediaState, SILENT, type Slot } from './media-state.js'
import { nextStream } from './page-stream.js'
import { type OwnTracks, PeerLink } from './peer/peer-link.js'
import type { MakePeer } from './peer/restarting-peer.js'
import type { Reaction } from './reactions.js'
import { Signalling } from './signalling.js'
import type { LinkState, Peer, Transport } from './transport.js'
import { type CallKeys, guardOf } from './trust/link-guard.js'

export interface MeshPeer extends Peer {
  readonly link: PeerLink
}

export interface MeshOptions {
  readonly clock: Clock
  readonly makePeer: MakePeer
  readonly me: Device
  readonly callId: string
  readonly keys: CallKeys
  readonly tracks: OwnTracks
  readonly relayOnly: boolean
  access(): CallAccess
  post(frame: OutgoingSignal): void
  /** People, links, tracks or device states have changed. */
  onChange(): void
  onState(peer: Device, state: LinkState): void
  onReaction(peer: Device, reaction: Reaction): void
  onAside(peer: Device, content: Uint8Array): void
}

/** The links to all other devices in the call, created and closed as the call state says. */
export class Mesh implements Transport {
  readonly #peers = new Map<string, MeshPeer>()
  readonly #signalling: Signalling
  #media: MediaState = SILENT

  constructor(private readonly options: MeshOptions) {
    this.#signalling = new Signalling({
      clock: options.clock,
      firstStream: () => nextStream(options.clock.now()),
      token: () => options.access().token,
      post: (frame) => options.post(frame),
      onSignal: (deviceId, signal, epoch) => {
        const peer = this.#peers.get(deviceId)
        peer?.link.receive(signal, epoch)
        return peer !== undefined
      },
      onAnew: (deviceId) => this.#peers.get(deviceId)?.link.meetAnew(),
    })
  }

  /** In the order in which they joined. */
  get peers(): readonly MeshPeer[] {
    return [...this.#peers.values()]
  }

  /** Applies a new call state. */
  update(call: Pick<Call, 'participants' | 'away'>): void {
    const present = attendees(call, this.options.me.deviceId, this.peers)
    for (const deviceId of [...this.#peers.keys()]) {
      if (!present.some((attendee) => attendee.deviceId === deviceId)) this.#drop(deviceId)
    }
    this.#expectKeys(present)
    for (const attendee of present) {
      const known = this.#peers.get(attendee.deviceId)
      if (known) this.#peers.set(attendee.deviceId, { ...known, away: attendee.away })
      else this.#meet(attendee)
    }
    this.options.onChange()
  }

  receive(signal: IncomingSignal): void {
    this.#signalling.receive(signal)
  }

  refused(refusal: SignalRefused): void {
    this.#signalling.refused(refusal)
  }

  /** The connection to a gateway is back. */
  signallingBack(): void {
    this.#signalling.reconnected()
    for (const { link } of this.peers) link.signallingBack()
  }

  networkChanged(): void {
    for (const { link } of this.peers) link.networkChanged()
  }

  /** The person here has accepted new keys of somebody. */
  tryAgain(userId: string): void {
    for (const peer of this.peers) if (peer.userId === userId) peer.link.tryAgain()
  }

  /** `access` has servers with newer credentials. */
  serversChanged(): void {
    for (const { link } of this.peers) link.serversChanged()
  }

  /** Puts another track, or none, into one of the own slots. */
  async setTrack(slot: Slot, track: MediaStreamTrack | null): Promise<void> {
    await Promise.all(this.peers.map(({ link }) => link.setTrack(slot, track)))
  }

  say(media: MediaState): void {
    this.#media = media
    for (const { link } of this.peers) link.say(media)
  }

  react(reaction: Reaction): void {
    for (const { link } of this.peers) link.react(reaction)
  }

  aside(content: Uint8Array): void {
    for (const { link } of this.peers) link.aside(content)
  }

  close(): void {
    for (const deviceId of [...this.#peers.keys()]) this.#drop(deviceId)
    this.#signalling.close()
  }

  /** Asked for while the offers are made. A failure shows when a signature is checked. */
  #expectKeys(present: readonly Attendee[]): void {
    const isNew = ({ deviceId }: Attendee) => !this.#peers.has(deviceId)
    const userIds = present.filter(isNew).map(({ userId }) => userId)
    if (userIds.length > 0) this.options.keys.book.expect(userIds).catch(handled('calls.keys'))
  }

  #meet(attendee: Attendee): void {
    const { clock, makePeer, me, tracks, relayOnly } = this.options
    const { userId, deviceId } = attendee
    const link = new PeerLink({
      initiator: initiates(me.deviceId, deviceId),
      clock,
      makePeer,
      relayOnly,
      tracks,
      guard: guardOf(this.options.keys, this.options.callId, { userId, deviceId }),
      iceServers: () => this.options.access().iceServers,
      send: (signal, epoch) => this.#signalling.send(userId, deviceId, signal, epoch),
      onTrust: () => this.options.onChange(),
      onState: (state) => {
        this.options.onState(attendee, state)
        this.options.onChange()
      },
      onTrack: (slot, track) =>
        this.#change(deviceId, ({ tracks: before }) => ({ tracks: { ...before, [slot]: track } })),
      onReaction: (reaction) => this.options.onReaction(attendee, reaction),
      onAside: (content) => this.options.onAside(attendee, content),
      onMedia: (media) => this.#change(deviceId, () => ({ media })),
    })
    link.say(this.#media)
    this.#peers.set(deviceId, { ...attendee, link, media: SILENT, tracks: {} })
    this.#signalling.meet(userId, deviceId)
  }

  #change(deviceId: string, make: (peer: MeshPeer) => Partial<Pick<MeshPeer, 'media' | 'tracks'>>): void {
    const peer = this.#peers.get(deviceId)
    if (!peer) return
    this.#peers.set(deviceId, { ...peer, ...make(peer) })
    this.options.onChange()
  }

  #drop(deviceId: string): void {
    this.#peers.get(deviceId)?.link.close()
    this.#peers.delete(deviceId)
    this.#signalling.forget(deviceId)
  }
}
