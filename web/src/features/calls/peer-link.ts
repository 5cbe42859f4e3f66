import type { IceServer } from '@beseda/proto/call/v1/call_service'
import type { IncomingSignal, Signal } from '@beseda/proto/gateway/v1/frames'
import type { SignalData } from 'simple-peer'
import { RestartingPeer } from './restarting-peer.js'
import { fromSignal, toSignal } from './signals.js'

export type LinkState = 'connecting' | 'connected' | 'reconnecting'

/** What a participant says of their own devices, over the data channel. */
export interface MediaState {
  readonly microphone: boolean
  readonly camera: boolean
}

export interface PeerLinkOptions {
  /** Exactly one of the two initiates: the one with the smaller device id. */
  readonly initiator: boolean
  readonly iceServers: readonly IceServer[]
  readonly stream: MediaStream
  /** Only through the relay: the other side learns no address of this network. */
  readonly relayOnly: boolean
  send(signal: Signal, epoch: number, seq: number): void
  onState(state: LinkState): void
  onStream(stream: MediaStream): void
  onMedia(media: MediaState): void
}

/** How long the initiator's offer may take. */
const OFFER_MS = 700
/** Short cuts heal by themselves. */
const PATIENCE_MS = 3_000
/** After so long without a connection the peers are made anew. */
const GIVE_UP_MS = 30_000

/** The link to one other participant: makes the connection, and makes it again when the network comes back. */
export class PeerLink {
  #peer: RestartingPeer
  /** Negotiation round; the initiator's clock, so that it rises over reloads. 0: not known yet. */
  #epoch: number
  #sentSeq = 0
  #seenSeq = 0
  #state: LinkState = 'connecting'
  #timer: ReturnType<typeof setTimeout> | undefined
  #media: MediaState = { microphone: true, camera: false }
  #closed = false

  constructor(private readonly options: PeerLinkOptions) {
    this.#epoch = options.initiator ? Math.floor(Date.now() / 1000) : 0
    this.#peer = this.#make()
    if (!options.initiator) this.#askForOffer()
  }

  /** Takes a signal from the other side; those of older rounds are dropped. */
  receive({ signal, epoch, seq }: IncomingSignal): void {
    const data = signal && fromSignal(signal)
    if (!data || this.#closed) return
    const { initiator } = this.options
    if (initiator && data.type === 'renegotiate' && epoch !== this.#epoch) {
      // The other side is new and has nothing of this round: begin another.
      if (epoch === 0) this.#renew(this.#epoch + 1)
      return
    }
    // Only an offer begins a round: candidates of one whose offer was missed are of no use.
    if (!initiator && epoch > this.#epoch && data.type === 'offer') this.#renew(epoch)
    if (epoch !== this.#epoch || seq <= this.#seenSeq) return
    this.#seenSeq = seq
    this.#peer.signal(data)
  }

  /** The signalling is back after an interruption: what was sent meanwhile is lost. */
  resignal(): void {
    if (this.#state !== 'connected') this.#peer.restartIce()
  }

  async replaceTrack(before: MediaStreamTrack, after: MediaStreamTrack): Promise<void> {
    const sender = this.#peer.link.getSenders().find(({ track }) => track === before)
    await sender?.replaceTrack(after)
  }

  say(media: MediaState): void {
    this.#media = media
    if (this.#peer.connected) this.#peer.send(JSON.stringify(media))
  }

  close(): void {
    this.#closed = true
    clearTimeout(this.#timer)
    this.#peer.destroy()
  }

  #make(): RestartingPeer {
    const { initiator, iceServers, stream, relayOnly } = this.options
    const peer = new RestartingPeer({
      initiator,
      stream,
      trickle: true,
      // Never the default servers of the library.
      config: {
        iceServers: iceServers.map(({ urls, username, credential }) => ({ urls, username, credential })),
        iceTransportPolicy: relayOnly ? 'relay' : 'all',
        bundlePolicy: 'max-bundle',
      },
    })
    peer.on('signal', (data) => this.#send(data))
    peer.on('stream', (remote) => this.options.onStream(remote))
    peer.on('connect', () => this.say(this.#media))
    peer.on('data', (chunk: Uint8Array) => this.#heard(chunk))
    peer.on('error', () => this.#retry(peer))
    ;(peer as unknown as NodeJS.EventEmitter).on('linkStateChange', () => this.#stateChanged(peer))
    return peer
  }

  /** One who comes anew may have missed the offer: it is asked for until it comes. Usually it is on its way already. */
  #askForOffer(): void {
    this.#timer = setTimeout(() => {
      this.#send({ type: 'renegotiate', renegotiate: true })
      this.#askForOffer()
    }, OFFER_MS)
  }

  #send(data: SignalData): void {
    const signal = toSignal(data)
    if (signal && !this.#closed) this.options.send(signal, this.#epoch, ++this.#sentSeq)
  }

  #heard(chunk: Uint8Array): void {
    try {
      const { microphone, camera } = JSON.parse(new TextDecoder().decode(chunk)) as Partial<MediaState>
      this.options.onMedia({ microphone: microphone === true, camera: camera === true })
    } catch {
      // Not a word of ours.
    }
  }

  #stateChanged(peer: RestartingPeer): void {
    if (peer !== this.#peer || this.#closed) return
    const { iceConnectionState } = peer.link
    if (iceConnectionState === 'connected' || iceConnectionState === 'completed') {
      clearTimeout(this.#timer)
      this.#timer = undefined
      this.#become('connected')
    } else if (iceConnectionState === 'disconnected' || iceConnectionState === 'failed') {
      this.#become('reconnecting')
      this.#timer ??= setTimeout(() => this.#restart(peer), iceConnectionState === 'failed' ? 0 : PATIENCE_MS)
    }
  }

  #restart(peer: RestartingPeer): void {
    if (peer !== this.#peer || this.#closed) return
    peer.restartIce()
    this.#timer = setTimeout(() => this.#retry(peer), GIVE_UP_MS)
  }

  #retry(peer: RestartingPeer): void {
    if (peer !== this.#peer || this.#closed) return
    this.#become('reconnecting')
    if (this.options.initiator) this.#renew(this.#epoch + 1)
    else {
      this.#renew(0)
      this.#askForOffer()
    }
  }

  #renew(epoch: number): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    if (this.#state === 'connected') this.#become('reconnecting')
    const before = this.#peer
    this.#epoch = epoch
    this.#sentSeq = 0
    this.#seenSeq = 0
    this.#peer = this.#make()
    before.destroy()
  }

  #become(state: LinkState): void {
    if (state === this.#state) return
    this.#state = state
    this.options.onState(state)
  }
}
