import type { IceServer } from '@beseda/proto/call/v1/call_service'
import type { Signal } from '@beseda/proto/gateway/v1/frames'
import type { SignalData } from 'simple-peer'
import { handled } from '../../../../diagnostics/log.js'
import { Alarm, type Clock } from '../../../../time/clock.js'
import { asideBytes, asideOf } from '../asides.js'
import { type MediaState, mediaOf, mediaText, SILENT, type Slot, slotAt } from '../media-state.js'
import type { StatsReport } from '../quality/stats.js'
import { type Reaction, reactionOf, reactionText } from '../reactions.js'
import type { Link, LinkState } from '../transport.js'
import type { LinkGuard, PeerKey } from '../trust/link-guard.js'
import { PeerGate } from '../trust/peer-gate.js'
import type { Refusal } from '../trust/refusal.js'
import { onlyRelayed } from './relay-filter.js'
import type { MakePeer, RestartingPeer } from './restarting-peer.js'
import { askAnew, fromSignal, toSignal } from './signals.js'

/** What a link sends: a placeholder for each slot, and the current track (null: none). */
export interface OwnTracks {
  readonly placeholders: readonly {
    readonly slot: Slot
    readonly track: MediaStreamTrack
    readonly stream: MediaStream
  }[]
  track(slot: Slot): MediaStreamTrack | null
}

export interface PeerLinkOptions {
  /** Exactly one of the two initiates: the one with the smaller device id. */
  readonly initiator: boolean
  readonly clock: Clock
  readonly makePeer: MakePeer
  /** Read at each new connection, because credentials change. */
  iceServers(): readonly IceServer[]
  /** Through the relay only: the other side learns no address of this network. */
  readonly relayOnly: boolean
  readonly tracks: OwnTracks
  readonly guard: LinkGuard
  send(signal: Signal, epoch: number): void
  /** Another key of the other device, or another refusal. */
  onTrust(): void
  onState(state: LinkState): void
  onTrack(slot: Slot, track: MediaStreamTrack): void
  onMedia(media: MediaState): void
  onReaction(reaction: Reaction): void
  onAside(content: Uint8Array): void
}

/** Grace period: ICE repeats its checks and recovers from short interruptions itself. */
const PATIENCE_MS = 2_000
/** A restart that found no path is repeated after this time. */
const RESTART_MS = 6_000
/** After this time without a connection the peer is replaced by a new one. Shorter: an interruption that would have passed costs a new handshake; longer: people wait on a connection beyond repair. */
const GIVE_UP_MS = 60_000
/** The side that waits for an offer requests one after this time; after a refusal both sides try again then. */
const OFFER_MS = 5_000
/** Delay before replacing a peer that ended by itself: the other page may be closing, or reloading. */
const ENDED_MS = 1_000

/** The link to one other device: establishes the connection, and establishes it again when the network comes back. */
export class PeerLink implements Link {
  #peer: RestartingPeer | undefined
  /** Negotiation round: increased by the initiator for each new peer, and taken from its clock, so that it also increases over reloads. */
  #epoch = 0
  #state: LinkState = 'connecting'
  #media: MediaState = SILENT
  #senders = new Map<Slot, RTCRtpSender>()
  #closed = false
  readonly #gate: PeerGate
  /** Timer of the next repair attempt. */
  readonly #repair: Alarm
  /** Time at which this peer is replaced. */
  readonly #deadline: Alarm

  constructor(private readonly options: PeerLinkOptions) {
    this.#repair = new Alarm(options.clock)
    this.#deadline = new Alarm(options.clock)
    this.#gate = new PeerGate({
      guard: options.guard,
      send: (signal, epoch) => options.send(signal, epoch),
      pass: (signal, epoch) => this.#take(signal, epoch),
      onRefused: () => this.#tryLater(),
      onChange: () => options.onTrust(),
    })
    if (options.initiator) this.#begin()
    else this.#awaitOffer()
  }

  get state(): LinkState {
    return this.#state
  }

  /** Undefined when there is none at the moment. */
  get connection(): RTCPeerConnection | undefined {
    return this.#peer?.link
  }

  /** Why there is no connection; undefined: nobody has refused one. */
  get refusal(): Refusal | undefined {
    return this.#state === 'connected' ? undefined : this.#gate.refusal
  }

  /** The key with which the other device signs; undefined: no description of it has come yet. */
  get peerKey(): PeerKey | undefined {
    return this.#gate.peerKey
  }

  sender(slot: Slot): RTCRtpSender | undefined {
    return this.#senders.get(slot)
  }

  get level(): number {
    return this.#voice?.audioLevel ?? 0
  }

  get flows(): boolean {
    return this.#voice !== undefined
  }

  async report(): Promise<StatsReport | undefined> {
    // A connection that has just closed has no statistics.
    const report: unknown = await this.connection?.getStats().catch(() => undefined)
    return report as StatsReport | undefined
  }

  /** The voice that arrives here. */
  get #voice(): RTCRtpSynchronizationSource | undefined {
    if (this.#state !== 'connected') return undefined
    const sounds = this.connection?.getTransceivers().find(({ receiver }) => receiver.track.kind === 'audio')
    return sounds?.receiver.getSynchronizationSources?.()[0]
  }

  /** Handles the next signal of the other side; those of older rounds are dropped. */
  receive(signal: Signal, epoch: number): void {
    if (this.#closed) return
    if (this.options.initiator && signal.signal.case === 'renegotiate') {
      if (epoch !== this.#epoch && epoch !== 0) return
      if (signal.signal.value.iceRestart) this.#peer?.restartIce()
      else this.#begin()
      return
    }
    // Of an earlier round: it has been tried again since.
    const isLate = epoch !== this.#epoch || this.#state === 'connected'
    if (signal.signal.case !== 'refused' || !isLate) this.#gate.receive(signal, epoch)
  }

  /** What came through the gate. */
  #take(signal: Signal, epoch: number): void {
    const data = fromSignal(signal)
    if (!data || (data.type === 'candidate' && !data.candidate.candidate)) return
    // Only an offer begins a round.
    if (!this.options.initiator && epoch > this.#epoch && data.type === 'offer') this.#renew(epoch)
    if (epoch === this.#epoch && this.#peer && !this.#peer.destroyed) this.#peer.signal(data)
  }

  /** The other side has a new page, which knows nothing of this connection. */
  meetAnew(): void {
    this.#gate.meetAnew()
    if (this.options.initiator) this.#begin()
    else {
      this.#drop()
      // Its rounds are counted by its clock in seconds: a quick reload begins in the same second.
      this.#epoch = 0
      this.#awaitOffer()
    }
  }

  /** The person here has accepted the other side's new key. */
  tryAgain(): void {
    if (this.#state === 'connected' || this.#closed) return
    this.#gate.forgive()
    if (this.options.initiator) this.#begin()
    else this.#askAnew()
  }

  /**
   * The network has changed, or is back. An established connection stays in use while a new path is sought
   * (make before break).
   */
  networkChanged(): void {
    this.#restart()
  }

  /** The signalling works again after an interruption: broken links can be repaired now. */
  signallingBack(): void {
    if (this.#state !== 'connected') this.#restart()
  }

  /** New TURN credentials: the next search for a path uses them. An established connection stays. */
  serversChanged(): void {
    const connection = this.connection
    if (connection) connection.setConfiguration({ ...connection.getConfiguration(), iceServers: this.#servers() })
  }

  async setTrack(slot: Slot, track: MediaStreamTrack | null): Promise<void> {
    await this.#senders.get(slot)?.replaceTrack(track)
  }

  say(media: MediaState): void {
    this.#media = media
    if (this.#peer?.connected) this.#peer.send(mediaText(media))
  }

  /** Nobody waits for it: one who is not connected now does not see it. */
  react(reaction: Reaction): void {
    if (this.#peer?.connected) this.#peer.send(reactionText(reaction))
  }

  /** Nobody waits for this either. */
  aside(content: Uint8Array): void {
    if (this.#peer?.connected) this.#peer.send(asideBytes(content))
  }

  close(): void {
    this.#closed = true
    this.#gate.close()
    this.#drop()
  }

  #begin(): void {
    this.#renew(Math.max(this.#epoch + 1, Math.floor(this.options.clock.now() / 1_000)))
  }

  /** Creates a new peer connection. */
  #renew(epoch: number): void {
    this.#drop()
    this.#epoch = epoch
    const peer = this.#make()
    this.#peer = peer
    this.#deadline.set(GIVE_UP_MS, () => this.#giveUp())
  }

  #drop(): void {
    this.#repair.clear()
    this.#deadline.clear()
    const before = this.#peer
    this.#peer = undefined
    this.#senders = new Map()
    before?.destroy()
    if (this.#state === 'connected') this.#become('reconnecting')
  }

  #awaitOffer(): void {
    this.#repair.set(OFFER_MS, () => {
      this.options.send(askAnew(), this.#epoch)
      this.#awaitOffer()
    })
  }

  #make(): RestartingPeer {
    const { initiator, relayOnly, tracks, makePeer } = this.options
    const peer = makePeer({
      initiator,
      trickle: true,
      // Never the default servers of the library.
      config: {
        iceServers: this.#servers(),
        iceTransportPolicy: relayOnly ? 'relay' : 'all',
        bundlePolicy: 'max-bundle',
      },
    })
    peer.on('signal', (data) => this.#send(peer, data))
    peer.on('track', (track) => this.#gotTrack(peer, track))
    peer.on('connect', () => this.say(this.#media))
    peer.on('data', (chunk: Uint8Array) => this.#heard(chunk))
    peer.on('error', () => this.#ended(peer))
    peer.on('close', () => this.#ended(peer))
    ;(peer as unknown as NodeJS.EventEmitter).on('linkStateChange', () => this.#stateChanged(peer))
    for (const { slot, track, stream } of tracks.placeholders) {
      peer.addTrack(track, stream)
      const sender = peer.link?.getSenders().find((candidate) => candidate.track === track)
      if (sender) this.#senders.set(slot, sender)
    }
    // Only when all senders exist: `addTrack` would reuse an emptied sender for the next track of its kind.
    for (const [slot, sender] of this.#senders) {
      const present = tracks.track(slot)
      if (present !== sender.track) void sender.replaceTrack(present).catch(handled('calls.track', 'MEDIA_FAILED'))
    }
    return peer
  }

  #servers(): RTCIceServer[] {
    return this.options
      .iceServers()
      .map(({ urls, username, credential }) => ({ urls: [...urls], username, credential }))
  }

  #send(peer: RestartingPeer, data: SignalData): void {
    if (peer !== this.#peer || this.#closed) return
    const allowed = this.options.relayOnly ? onlyRelayed(data) : data
    const signal = allowed && toSignal(allowed)
    if (signal) this.#gate.send(signal, this.#epoch)
  }

  #gotTrack(peer: RestartingPeer, track: MediaStreamTrack): void {
    if (peer !== this.#peer) return
    // Not by id: tracks of senders that send nothing yet have the same id.
    const ofKind = (peer.link?.getTransceivers() ?? []).filter(({ receiver }) => receiver.track.kind === track.kind)
    const slot = slotAt(
      track.kind,
      ofKind.findIndex(({ receiver }) => receiver.track === track),
    )
    if (slot) this.options.onTrack(slot, track)
  }

  #heard(chunk: Uint8Array): void {
    const aside = asideOf(chunk)
    if (aside) {
      this.options.onAside(aside)
      return
    }
    const text = new TextDecoder().decode(chunk)
    const media = mediaOf(text)
    if (media) this.options.onMedia(media)
    const reaction = reactionOf(text)
    if (reaction) this.options.onReaction(reaction)
  }

  #stateChanged(peer: RestartingPeer): void {
    if (peer !== this.#peer || this.#closed) return
    const { iceConnectionState: state, connectionState } = peer.link ?? {}
    // A path is found even to a device that has refused the description; only with DTLS on it there is a connection.
    if (connectionState === 'connected' && (state === 'connected' || state === 'completed')) {
      this.#repair.clear()
      this.#deadline.clear()
      this.#become('connected')
    } else if (state === 'disconnected' || state === 'failed') {
      this.#become('reconnecting')
      if (!this.#deadline.isSet) this.#deadline.set(GIVE_UP_MS, () => this.#giveUp())
      if (state === 'failed' && !this.#repair.isSet) this.#restart()
      else if (!this.#repair.isSet) this.#repair.set(PATIENCE_MS, () => this.#restart())
    }
  }

  #restart(): void {
    if (this.#closed || !this.#peer) return
    this.#peer.restartIce()
    if (this.#state !== 'connected') this.#repair.set(RESTART_MS, () => this.#restart())
  }

  #giveUp(): void {
    if (this.#state === 'connected' || this.#closed) return
    if (this.options.initiator) this.#begin()
    else this.#askAnew()
  }

  /** What was refused may have been a gateway's fault, or nobody could be asked for the key. */
  #tryLater(): void {
    if (this.#state === 'connected') return
    this.#repair.set(OFFER_MS, () => {
      if (this.options.initiator) this.#begin()
      else this.#askAnew()
    })
  }

  #askAnew(): void {
    this.#drop()
    this.options.send(askAnew(), this.#epoch)
    this.#awaitOffer()
  }

  /** The peer has ended, and we did not close it. */
  #ended(peer: RestartingPeer): void {
    if (peer !== this.#peer || this.#closed) return
    this.#drop()
    this.#become('reconnecting')
    if (this.options.initiator) this.#repair.set(ENDED_MS, () => this.#begin())
    else this.#awaitOffer()
  }

  #become(state: LinkState): void {
    if (state === this.#state) return
    this.#state = state
    if (state === 'connected') this.#gate.forgive()
    this.options.onState(state)
  }
}
