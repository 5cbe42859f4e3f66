import type { Call, CallAccess } from '@beseda/proto/call/v1/call_service'
import type { IncomingSignal, SignalRefused } from '@beseda/proto/gateway/v1/frames'
import { type ShallowRef, shallowRef } from 'vue'
import { handled } from '../../diagnostics/log.js'
import { calls, connection, reasonOf } from '../../net/index.js'
import { systemClock } from '../../time/clock.js'
import { noteForReload } from './before-reload.js'
import { type BrowserListener, watchBrowser } from './browser-events.js'
import type { Device } from './engine/attendance.js'
import type { MediaState, Slot } from './engine/media-state.js'
import { Mesh } from './engine/mesh.js'
import { makePeer } from './engine/peer/restarting-peer.js'
import { Observer } from './engine/quality/observer.js'
import type { RoomIntents, RoomSnapshot } from './engine/room.js'
import { CallSession, type Over } from './engine/session.js'
import { chosenDevices, type DeviceKind, listDevices, NO_DEVICES, talkSettings } from './media/devices.js'
import { Mixer } from './media/mixer.js'
import type { OwnMedia } from './media/own-media.js'
import { OwnVoice } from './media/own-voice.js'
import { Talk } from './media/talk.js'
import { relayOnly } from './relay-only.js'
import { RoomLook } from './room-look.js'
import { volumeOf, volumes } from './volumes.js'

export interface Joined {
  readonly call: Call
  readonly access: CallAccess
}

/** A call that this device takes part in: the place in it, the links to the others, what is sent and what is heard. */
export class ActiveCall implements RoomIntents {
  readonly snapshot: ShallowRef<RoomSnapshot>
  readonly #session: CallSession
  readonly #mesh: Mesh
  readonly #observer: Observer
  readonly #mixer: Mixer
  readonly #talk: Talk
  readonly #voice: OwnVoice
  readonly #look: RoomLook
  readonly #listening = new AbortController()
  #devices = NO_DEVICES
  #deafened = false
  #connectedAt = 0
  #soundBlocked = false
  #publishing = false

  constructor(
    joined: Joined,
    readonly me: Device,
    private readonly media: OwnMedia,
    onOver: (over: Over) => void,
  ) {
    this.#mixer = new Mixer((blocked) => {
      this.#soundBlocked = blocked
      this.#publish()
    })
    this.#session = new CallSession(
      {
        api: calls,
        clock: systemClock,
        me,
        reasonOf,
        onCall: (call) => this.#mesh.update(call),
        onOver,
        onAccess: () => this.#mesh.serversChanged(),
      },
      joined,
    )
    this.#mesh = new Mesh({
      clock: systemClock,
      makePeer,
      me,
      tracks: media,
      relayOnly: relayOnly.value || joined.access.relayOnly,
      access: () => this.#session.access,
      post: (frame) => connection.send({ case: 'signal', value: frame }),
      onChange: () => this.#heard(),
      onState: (_, state) => {
        if (state === 'connected' && this.#connectedAt === 0) this.#connectedAt = Date.now()
      },
    })
    this.#observer = new Observer({
      clock: systemClock,
      links: () => new Map(this.#mesh.peers.map(({ deviceId, link }) => [deviceId, link])),
      sending: () => ({ camera: media.track('camera') !== null, screen: media.track('screen') !== null }),
      onChange: () => this.#publish(),
    })
    this.#talk = new Talk(
      systemClock,
      () => talkSettings.value,
      (open) => {
        media.setMicrophone(open)
        this.#say()
      },
    )
    this.#voice = new OwnVoice(systemClock, () => this.#publish())
    this.#voice.follow(media.track('microphone'))
    media.events = { onTrack: (slot, track) => void this.#sending(slot, track) }
    this.#look = new RoomLook({
      mesh: this.#mesh,
      observer: this.#observer,
      media,
      talk: this.#talk,
      voice: this.#voice,
    })
    this.snapshot = shallowRef(this.#take())
    this.#talk.set(media.microphoneOn)
    this.#mesh.update(joined.call)
    watchBrowser(this.#browser, this.#listening.signal)
    void this.#findDevices()
    void this.#mixer.setSpeaker(chosenDevices.value.speaker).catch(handled('calls.speaker', 'MEDIA_FAILED'))
  }

  get call(): Call {
    return this.#session.call
  }

  update(call: Call): void {
    this.#session.picture(call)
    this.#publish()
  }

  receive(signal: IncomingSignal): void {
    if (signal.callId === this.call.id) this.#mesh.receive(signal)
  }

  refused(refusal: SignalRefused): void {
    this.#mesh.refused(refusal)
  }

  /** There is a connection to a gateway again. */
  async resume(): Promise<void> {
    this.#mesh.signallingBack()
    await this.#session.renew()
  }

  setMicrophone(on: boolean): void {
    if (on && !this.media.hasMicrophone)
      void this.media.openMicrophone().catch(handled('calls.microphone', 'MEDIA_FAILED'))
    this.#talk.set(on)
  }

  hold(held: boolean): void {
    this.#talk.hold(held)
  }

  setPushToTalk(on: boolean): void {
    talkSettings.value = { ...talkSettings.value, pushToTalk: on }
    this.#talk.refresh()
  }

  setCamera(on: boolean): Promise<void> {
    return this.media.setCamera(on)
  }

  async setScreen(on: boolean): Promise<void> {
    await this.media.setScreen(on)
  }

  setDeafened(on: boolean): void {
    this.#deafened = on
    this.#mixer.setDeafened(on)
    this.#say()
  }

  setVolume(userId: string, volume: number): void {
    volumes.value = { ...volumes.value, [userId]: volume }
    this.#heard()
  }

  async choose(kind: DeviceKind, id: string): Promise<void> {
    chosenDevices.value = { ...chosenDevices.value, [kind]: id }
    this.#publish()
    if (kind === 'speaker') await this.#mixer.setSpeaker(id)
    else await this.media.choose(kind, id)
  }

  letSoundOut(): void {
    void this.#mixer.resume()
  }

  /** Hangs up. */
  leave(): Promise<void> {
    const left = this.#session.leave()
    this.close()
    return left
  }

  close(): void {
    this.#listening.abort()
    this.#session.close()
    this.#observer.close()
    this.#mesh.close()
    this.#talk.close()
    this.#voice.close()
    this.#mixer.close()
    this.media.close()
  }

  readonly #browser: BrowserListener = {
    networkChanged: () => this.#mesh.networkChanged(),
    devicesChanged: () => void this.#findDevices(),
    touched: () => this.#soundBlocked && this.letSoundOut(),
  }

  async #findDevices(): Promise<void> {
    this.#devices = await listDevices()
    this.#publish()
  }

  async #sending(slot: Slot, track: MediaStreamTrack | null): Promise<void> {
    if (slot === 'microphone') {
      this.#voice.follow(track)
      this.media.setMicrophone(this.#talk.open)
    }
    this.#say()
    await this.#mesh.setTrack(slot, track)
    await this.#observer.measure()
  }

  #say(): void {
    this.#mesh.say({
      microphone: this.#talk.open && this.media.hasMicrophone,
      camera: this.media.track('camera') !== null,
      screen: this.media.track('screen') !== null,
      deafened: this.#deafened,
    } satisfies MediaState)
    noteForReload({
      callId: this.call.id,
      microphone: this.#talk.on,
      camera: this.media.track('camera') !== null,
      deafened: this.#deafened,
    })
    this.#publish()
  }

  #heard(): void {
    const present = this.#mesh.peers
    for (const { deviceId, userId, tracks } of present) {
      this.#mixer.hear(
        deviceId,
        [tracks.microphone, tracks.screenSound].flatMap((track) => track ?? []),
      )
      this.#mixer.setVolume(deviceId, volumeOf(userId))
    }
    this.#mixer.keep(present.map(({ deviceId }) => deviceId))
    this.#publish()
  }

  /** Many changes at once are one picture. */
  #publish(): void {
    if (this.#publishing) return
    this.#publishing = true
    queueMicrotask(() => {
      this.#publishing = false
      if (!this.#listening.signal.aborted) this.snapshot.value = this.#take()
    })
  }

  #take(): RoomSnapshot {
    return this.#look.take({
      call: this.call,
      deafened: this.#deafened,
      connectedAt: this.#connectedAt,
      devices: this.#devices,
      soundBlocked: this.#soundBlocked,
    })
  }
}
