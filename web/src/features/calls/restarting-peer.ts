import type { SignalData } from 'simple-peer'
import SimplePeer from 'simple-peer/simplepeer.min.js'

/**
 * The private parts of simple-peer 9.11.1 that the subclass touches; the version is pinned, and a test in a real browser
 * watches them.
 */
interface Inside {
  readonly initiator: boolean
  _pc: RTCPeerConnection
  _isNegotiating: boolean
  offerOptions: RTCOfferOptions
  negotiate(): void
}

/**
 * simple-peer that lives through a cut: stock simple-peer destroys itself when ICE fails, some 17 s after the network is
 * gone, and knows no ICE restart.
 */
export class RestartingPeer extends SimplePeer {
  /** simple-peer gives up here. We wait for the network instead, and end when the call does. */
  _onConnectionStateChange(): void {
    this.emit('linkStateChange')
  }

  _onIceStateChange(): void {
    const { iceConnectionState, iceGatheringState } = this.#inside._pc
    this.emit('iceStateChange', iceConnectionState, iceGatheringState)
    this.emit('linkStateChange')
    if (iceConnectionState === 'connected' || iceConnectionState === 'completed') this.#proceed()
  }

  /** A candidate of an older generation is no reason to end. */
  _addIceCandidate(candidate: RTCIceCandidateInit): void {
    this.#inside._pc.addIceCandidate(candidate).catch(() => this.emit('linkStateChange'))
  }

  get link(): RTCPeerConnection {
    return this.#inside._pc
  }

  /** New candidates on both sides, media kept. Only the initiator offers; the other asks it to. */
  restartIce(): void {
    const inside = this.#inside
    if (!inside.initiator) {
      this.emit('signal', { type: 'renegotiate', renegotiate: true } satisfies SignalData)
      return
    }
    // An offer that got lost with the network would block every further one.
    inside._isNegotiating = false
    inside.offerOptions = { ...inside.offerOptions, iceRestart: true }
    inside.negotiate()
  }

  get #inside(): Inside {
    return this as unknown as Inside
  }

  #proceed(): void {
    const ready = this as unknown as { _pcReady: boolean; _maybeReady(): void }
    ready._pcReady = true
    ready._maybeReady()
  }
}
