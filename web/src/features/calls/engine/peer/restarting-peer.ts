import type { SignalData } from 'simple-peer'
import SimplePeer from 'simple-peer/simplepeer.min.js'

/**
 * The private fields of simple-peer 9.11.1 that the subclass uses; the version is pinned, and a test in a real browser
 * checks them.
 */
interface Inside {
  readonly initiator: boolean
  readonly destroying: boolean
  _pc: RTCPeerConnection
  _channel: RTCDataChannel | null
  _pcReady: boolean
  offerOptions: RTCOfferOptions
  negotiate(): void
  _maybeReady(): void
}

/**
 * A simple-peer that survives an interruption: stock simple-peer destroys itself when ICE fails, some 17 s after the network is
 * lost, and has no ICE restart.
 */
export class RestartingPeer extends SimplePeer {
  /** simple-peer destroys itself here. We wait for the network instead, and end when the call does. */
  _onConnectionStateChange(): void {
    this.emit('linkStateChange')
  }

  _onIceStateChange(): void {
    // Events of a connection that was closed meanwhile.
    if (!this.#inside._pc) return
    const { iceConnectionState, iceGatheringState } = this.#inside._pc
    this.emit('iceStateChange', iceConnectionState, iceGatheringState)
    this.emit('linkStateChange')
    if (iceConnectionState === 'connected' || iceConnectionState === 'completed') this.#proceed()
  }

  /** A candidate of an older generation does not end the connection. */
  _addIceCandidate(candidate: RTCIceCandidateInit): void {
    // Refused: it belongs to an older generation, or the connection has ended. Both show in the state.
    this.#inside._pc.addIceCandidate(candidate).catch(() => this.emit('linkStateChange'))
  }

  /**
   * simple-peer leaves two handlers on what it closes. Whoever still holds a closed connection would hold the whole call with them: its
   * window, its people and their streams.
   */
  override destroy(error?: Error): this {
    const { _pc, _channel } = this.#inside
    super.destroy(error)
    if (_pc) _pc.onconnectionstatechange = null
    if (_channel) _channel.onbufferedamountlow = null
    return this
  }

  /** Undefined once it is destroyed. */
  get link(): RTCPeerConnection | undefined {
    return this.#inside._pc ?? undefined
  }

  /**
   * ICE restart: new candidates on both sides, media kept; the old path is used until the new one is established. Only the initiator
   * offers; the other side requests it. During a negotiation the restart waits for its end.
   */
  restartIce(): void {
    const inside = this.#inside
    if (this.destroyed || inside.destroying) return
    if (inside.initiator) {
      inside.offerOptions = { ...inside.offerOptions, iceRestart: true }
      inside.negotiate()
    } else this.emit('signal', { type: 'renegotiate', renegotiate: true } satisfies SignalData)
  }

  get #inside(): Inside {
    return this as unknown as Inside
  }

  #proceed(): void {
    this.#inside._pcReady = true
    this.#inside._maybeReady()
  }
}

export type PeerOptions = ConstructorParameters<typeof RestartingPeer>[0]
/** Node needs a WebRTC implementation (`wrtc`); browsers have one. */
export type MakePeer = (options: PeerOptions) => RestartingPeer
export const makePeer: MakePeer = (options) => new RestartingPeer(options)
