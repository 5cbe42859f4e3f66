import { type Call, type CallAccess, CallState, type Participant } from '@beseda/proto/call/v1/call_service'
import type { IncomingSignal } from '@beseda/proto/gateway/v1/frames'
import { type Ref, ref, shallowRef } from 'vue'
import { calls, connection, deviceId } from '../../net/index.js'
import type { LocalMedia } from './local-media.js'
import { type LinkState, type MediaState, PeerLink } from './peer-link.js'
import { relayOnly } from './relay-only.js'

/** Leases of a participant last 20 s. */
const RENEW_MS = 7_000

/** A call that this device takes part in: the lease, the link to the other, and the own media. */
export class ActiveCall {
  readonly call: Ref<Call>
  readonly link: Ref<LinkState> = ref('connecting')
  readonly remoteStream: Ref<MediaStream | undefined> = shallowRef()
  readonly remoteMedia: Ref<MediaState> = ref({ microphone: true, camera: false })
  readonly microphone = ref(true)
  readonly camera = ref(false)
  /** When both were first connected, Unix ms. */
  readonly connectedAt = ref(0)
  #access: CallAccess
  #peer: { readonly participant: Participant; readonly link: PeerLink } | undefined
  /** Signals that came before the picture of the call said who sent them. */
  #early: IncomingSignal[] = []
  readonly #renewal: ReturnType<typeof setInterval>

  constructor(
    call: Call,
    access: CallAccess,
    readonly media: LocalMedia,
    private readonly onLost: () => void,
  ) {
    this.call = shallowRef(call)
    this.#access = access
    this.camera.value = media.cameraOn
    this.#renewal = setInterval(() => void this.renew(), RENEW_MS)
    this.update(call)
  }

  /** A newer picture of the call. */
  update(call: Call): void {
    if (call.revision < this.call.value.revision) return
    this.call.value = call
    if (call.state !== CallState.ACTIVE) return
    const other = call.participants.find((participant) => participant.deviceId !== deviceId())
    // Someone whose lease ran out may be back in a moment: the link waits for them.
    if (other && other.deviceId !== this.#peer?.participant.deviceId) this.#meet(other)
  }

  receive(signal: IncomingSignal): void {
    if (signal.callId !== this.call.value.id) return
    if (signal.fromDeviceId === this.#peer?.participant.deviceId) this.#peer.link.receive(signal)
    else if (this.#early.length < 100) this.#early.push(signal)
  }

  /** Keeps the place in the call. After an interruption it takes it again. */
  async renew(): Promise<void> {
    const { id: callId, groupId } = this.call.value
    try {
      const { call, access } = await calls.renewCall({ callId, groupId })
      if (access) this.#access = access
      if (call) this.update(call)
    } catch {
      this.onLost()
    }
  }

  /** The socket is live again. */
  async resume(): Promise<void> {
    await this.renew()
    this.#peer?.link.resignal()
  }

  setMicrophone(on: boolean): void {
    this.media.setMicrophone(on)
    this.microphone.value = on
    this.#say()
  }

  async setCamera(on: boolean): Promise<void> {
    const { before, after } = await this.media.setCamera(on)
    if (before !== after) await this.#peer?.link.replaceTrack(before, after)
    this.camera.value = this.media.cameraOn
    this.#say()
  }

  close(): void {
    clearInterval(this.#renewal)
    this.#peer?.link.close()
    this.media.close()
  }

  #say(): void {
    this.#peer?.link.say({ microphone: this.microphone.value, camera: this.camera.value })
  }

  #meet(participant: Participant): void {
    this.#peer?.link.close()
    const { userId: toUserId, deviceId: toDeviceId } = participant
    const link = new PeerLink({
      initiator: deviceId() < toDeviceId,
      iceServers: this.#access.iceServers,
      stream: this.media.stream,
      relayOnly: relayOnly.value,
      send: (signal, epoch, seq) => {
        const { token: callToken } = this.#access
        connection.send({ case: 'signal', value: { callToken, toUserId, toDeviceId, epoch, seq, signal } })
      },
      onState: (state) => {
        this.link.value = state
        if (state === 'connected' && this.connectedAt.value === 0) this.connectedAt.value = Date.now()
      },
      onStream: (stream) => {
        this.remoteStream.value = stream
      },
      onMedia: (media) => {
        this.remoteMedia.value = media
      },
    })
    this.#peer = { participant, link }
    this.#say()
    for (const signal of this.#early.splice(0)) this.receive(signal)
  }
}
