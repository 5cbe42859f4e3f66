import type { Call, CallAccess, MediaKeyCommit } from '@beseda/proto/call/v1/call_service'
import type { IncomingSignal, SignalRefused } from '@beseda/proto/gateway/v1/frames'
import { type ShallowRef, shallowRef } from 'vue'
import type { ActiveCallParts } from './active-call-parts.js'
import type { BrowserListener } from './browser/browser-events.js'
import { CallDevices } from './browser/call-devices.js'
import { volumeOf, volumes } from './browser/volumes.js'
import { CallClock } from './call-clock.js'
import type { Device } from './engine/attendance.js'
import type { MediaState, Slot } from './engine/media-state.js'
import { Observer } from './engine/quality/observer.js'
import { type Reaction, Reactions } from './engine/reactions.js'
import type { RoomIntents, RoomSnapshot } from './engine/room.js'
import { CallSession, type Over } from './engine/session.js'
import { Switcher } from './engine/switcher.js'
import type { LinkState } from './engine/transport.js'
import { CallTrust } from './engine/trust/call-trust.js'
import { type DeviceKind, talkSettings } from './media/devices.js'
import type { OwnMedia } from './media/own-media.js'
import { OwnVoice } from './media/own-voice.js'
import { Talk } from './media/talk.js'
import type { RecordedPerson } from './recording/recorded-person.js'
import { RoomLook } from './room-look.js'

export interface Joined {
  readonly call: Call
  readonly access: CallAccess
}

/** A call that this device takes part in: its lease, the links to the others, and the media sent and received. */
export class ActiveCall implements RoomIntents {
  readonly snapshot: ShallowRef<RoomSnapshot>
  readonly #session: CallSession
  readonly #transport: Switcher
  readonly #observer: Observer
  readonly #mixer: ReturnType<ActiveCallParts['makeMixer']>
  readonly #talk: Talk
  readonly #voice: OwnVoice
  readonly #look: RoomLook
  readonly #devices: CallDevices
  readonly #trust: CallTrust
  readonly #clock = new CallClock()
  readonly #listening = new AbortController()
  readonly #reactions: Reactions
  #deafened = false
  #hand = false
  #connectedAt = 0
  #soundBlocked = false
  #publishing = false

  constructor(
    joined: Joined,
    readonly me: Device,
    private readonly media: OwnMedia,
    onOver: (over: Over) => void,
    private readonly parts: ActiveCallParts,
  ) {
    const { clock, api, reasonOf } = parts
    const joinedAt = clock.now()
    this.#mixer = parts.makeMixer((blocked) => {
      this.#soundBlocked = blocked
      this.#publish()
    })
    this.#session = new CallSession(
      {
        api,
        clock,
        me,
        reasonOf,
        relayOnly: () => parts.relayOnly(),
        isLinked: () => this.#transport.peers.some(({ link }) => link.state === 'connected'),
        onCall: (call) => this.#heardCall(call),
        onOver,
        onAccess: () => this.#transport.serversChanged(),
      },
      joined,
    )
    const common = {
      me,
      callId: joined.call.id,
      keys: parts.keys,
      tracks: media,
      relayOnly: joined.access.relayOnly,
      access: () => this.#session.access,
      onChange: () => this.#heard(),
      onReaction: ({ userId }: Device, reaction: Reaction) => this.#reactions.show(userId, reaction),
      onState: (_: Device, state: LinkState) => {
        if (state !== 'connected' || this.#connectedAt > 0) parts.log.step('calls.link', state)
        else {
          this.#connectedAt = clock.now()
          parts.log.step('calls', 'connected', { kind: 'CALL_CONNECTED', durationMs: clock.now() - joinedAt })
        }
      },
    }
    this.#transport = new Switcher({
      clock,
      mesh: parts.makeMesh({ ...common, post: (frame) => parts.sendSignal(frame) }),
      makeRoom: (generation) =>
        parts.makeRoom({
          ...common,
          generation,
          groupId: joined.call.groupId,
          onTrouble: () => this.#session.trouble(generation),
        }),
      onChange: common.onChange,
    })
    this.#observer = new Observer({
      clock,
      links: () => new Map(this.#transport.peers.map(({ deviceId, link }) => [deviceId, link])),
      sending: () => ({ camera: media.track('camera') !== null, screen: media.track('screen') !== null }),
      onChange: () => this.#publish(),
    })
    this.#talk = new Talk(
      clock,
      () => talkSettings.value,
      (open) => {
        media.setMicrophone(open)
        this.#say()
      },
    )
    this.#voice = new OwnVoice(clock, () => this.#publish())
    this.#voice.follow(media.track('microphone'))
    media.events = { onTrack: (slot, track) => void this.#sending(slot, track), onTrouble: () => this.#say() }
    this.#trust = new CallTrust({
      callId: joined.call.id,
      ...parts.keys,
      peers: () => this.#transport.peers,
      authenticator: () => this.#transport.authenticator,
      tryAgain: (userId) => this.#transport.tryAgain(userId),
      onChange: () => this.#publish(),
    })
    this.#reactions = new Reactions(clock, () => this.#publish())
    this.#look = new RoomLook({
      reactions: this.#reactions,
      trust: this.#trust,
      transport: this.#transport,
      observer: this.#observer,
      media,
      talk: this.#talk,
      voice: this.#voice,
    })
    this.#devices = new CallDevices({
      media,
      mixer: this.#mixer,
      log: parts.log,
      list: parts.listDevices,
      onChange: () => this.#publish(),
    })
    this.snapshot = shallowRef(this.#take())
    this.#talk.set(media.microphoneOn)
    this.#heardCall(joined.call)
    parts.watchBrowser(this.#browser, this.#listening.signal)
  }

  get call(): Call {
    return this.#session.call
  }

  update(call: Call): void {
    this.#session.picture(call)
    this.#publish()
  }

  /** Everybody as a recording could have them, this person first. */
  recordable(): readonly RecordedPerson[] {
    const { media } = this
    const all = (...tracks: readonly (MediaStreamTrack | null | undefined)[]) => tracks.flatMap((track) => track ?? [])
    const [camera, screen] = [media.works('camera') ? media.track('camera') : null, media.track('screen')]
    const sounds = all(media.track('microphone'), media.track('screenSound'))
    return [
      { userId: this.me.userId, sounds, camera: camera ?? undefined, screen: screen ?? undefined },
      ...this.#transport.peers.map(({ userId, media, tracks }) => ({
        userId,
        sounds: all(tracks.microphone, tracks.screenSound),
        camera: media.camera ? tracks.camera : undefined,
        screen: media.screen ? tracks.screen : undefined,
      })),
    ]
  }

  receive(signal: IncomingSignal): void {
    if (signal.callId === this.call.id) this.#transport.receive(signal)
  }

  /** The next keys of a room on an SFU. */
  keysChanged(commit: MediaKeyCommit): void {
    this.#transport.hear(commit)
  }

  refused(refusal: SignalRefused): void {
    this.#transport.refused(refusal)
  }

  /** The connection to a gateway is back. */
  async resume(): Promise<void> {
    this.#transport.signallingBack()
    await this.#session.renew()
  }

  setMicrophone(on: boolean): void {
    if (on && !this.media.track('microphone')) void this.media.openMicrophone().catch(this.#failed('calls.microphone'))
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

  setHand(raised: boolean): void {
    this.#hand = raised
    this.#say()
  }

  react(reaction: Reaction): void {
    this.#transport.react(reaction)
    this.#reactions.show(this.me.userId, reaction)
  }

  setVolume(userId: string, volume: number): void {
    volumes.value = { ...volumes.value, [userId]: volume }
    this.#heard()
  }

  choose(kind: DeviceKind, id: string): Promise<void> {
    return this.#devices.choose(kind, id)
  }

  acceptKey(userId: string): void {
    void this.#trust.accept(userId).catch(this.#failed('calls.trust'))
  }

  confirmCode(): void {
    void this.#trust.confirm().catch(this.#failed('calls.trust'))
  }

  letSoundOut(): void {
    void this.#mixer.resume()
  }

  /** Leaves the call, and notifies the server. */
  leave(): Promise<void> {
    const left = this.#session.leave()
    this.close()
    return left
  }

  close(): void {
    // A reason of its own: the browser's would hold the functions that led here.
    this.#listening.abort('the call is over')
    this.#session.close()
    this.#observer.close()
    this.#trust.close()
    this.#reactions.close()
    this.#transport.close()
    this.#talk.close()
    this.#voice.close()
    this.#mixer.close()
    this.media.close()
  }

  /** A failure of media does not end the call. */
  readonly #failed = (source: string) => (error: unknown) => this.parts.log.error(source, error, 'MEDIA_FAILED')

  readonly #browser: BrowserListener = {
    networkChanged: () => this.#transport.networkChanged(),
    devicesChanged: () => void this.#devices.changed(),
    permissionChanged: (device, isAllowed) => void this.media.permissionChanged(device, isAllowed),
    /** A page that closes tells the server, which otherwise would keep its place for as long as that of a lost network. */
    pageCloses: () => this.#session.pageCloses(),
    touched: () => this.#soundBlocked && this.letSoundOut(),
  }

  #heardCall(call: Call): void {
    this.#clock.hear(call, this.parts.clock.now())
    this.#transport.update(call)
  }

  async #sending(slot: Slot, track: MediaStreamTrack | null): Promise<void> {
    if (slot === 'microphone') {
      this.#voice.follow(track)
      this.media.setMicrophone(this.#talk.open)
    }
    this.#say()
    await Promise.all([this.#transport.setTrack(slot, track), this.#devices.refresh()])
    await this.#observer.measure()
  }

  #say(): void {
    this.#transport.say({
      microphone: this.#talk.open && this.media.works('microphone'),
      camera: this.media.works('camera'),
      screen: this.media.track('screen') !== null,
      deafened: this.#deafened,
      hand: this.#hand,
    } satisfies MediaState)
    this.parts.noteForReload({
      callId: this.call.id,
      microphone: this.#talk.on,
      camera: this.media.cameraOn,
      deafened: this.#deafened,
    })
    this.#publish()
  }

  #heard(): void {
    const present = this.#transport.peers
    for (const { deviceId, userId, tracks } of present) {
      this.#mixer.hear(
        deviceId,
        [tracks.microphone, tracks.screenSound].flatMap((track) => track ?? []),
      )
      this.#mixer.setVolume(deviceId, volumeOf(userId))
    }
    this.#mixer.keep(present.map(({ deviceId }) => deviceId))
    void this.#trust.follow().catch(this.#failed('calls.trust'))
    this.#publish()
  }

  /** Changes made in one turn of the event loop are published together. */
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
      me: this.me.userId,
      deafened: this.#deafened,
      hand: this.#hand,
      connectedAt: this.#connectedAt,
      begunAt: this.#clock.begunAt,
      devices: this.#devices.all,
      soundBlocked: this.#soundBlocked,
    })
  }
}
