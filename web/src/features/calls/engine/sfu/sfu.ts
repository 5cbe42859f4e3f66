import type { Call, CallAccess, MediaKeyCommit } from '@beseda/proto/call/v1/call_service'
import {
  ConnectionState,
  type DisconnectReason,
  getLogger,
  isE2EESupported,
  LoggerNames,
  ParticipantEvent,
  type RemoteParticipant,
  type RemoteTrackPublication,
  Room,
  RoomEvent,
  VideoQuality,
} from 'livekit-client'
import { handled } from '../../../../diagnostics/log.js'
import { Alarm, type Clock } from '../../../../time/clock.js'
import { asideOfText, asideText } from '../asides.js'
import { type Attendee, attendees, type Device } from '../attendance.js'
import { type KeyDelivery, MediaKeys } from '../keys/media-keys.js'
import { type MediaState, mediaOf, mediaText, SILENT, type Slot } from '../media-state.js'
import { type Reaction, reactionOf, reactionText } from '../reactions.js'
import type { LinkState, Peer, Transport } from '../transport.js'
import type { CallKeys } from '../trust/link-guard.js'
import { Entry } from './entry.js'
import { Publisher } from './publisher.js'
import { RoomKeys } from './room-keys.js'
import { SealedWords } from './sealed-words.js'
import { isPicture, isSealed, SfuLink } from './sfu-link.js'
import { Silence } from './silence.js'

// It tells of each frame that comes before its key: what matters is told by its events, and by the errors of its functions.
for (const name of Object.values(LoggerNames)) getLogger(name).setDefaultLevel('silent')

/** Whether this browser can pass what it sends and receives through the encryption. */
export const canEncrypt = (): boolean => isE2EESupported()

export interface SfuOptions {
  readonly clock: Clock
  readonly me: Device
  readonly callId: string
  /** Of the room: another one has other keys. */
  readonly generation: number
  readonly keys: CallKeys
  readonly delivery: KeyDelivery
  readonly relayOnly: boolean
  readonly tracks: { track(slot: Slot): MediaStreamTrack | null }
  access(): CallAccess
  onChange(): void
  onState(peer: Device, state: LinkState): void
  onReaction(peer: Device, reaction: Reaction): void
  onAside(peer: Device, content: Uint8Array): void
  /** Nothing arrives through this room any more. */
  onTrouble(): void
}

interface SfuPeer extends Attendee {
  readonly link: SfuLink
  media: MediaState
  state: LinkState
}

const WATCH_MS = 500
/** The state of the own devices is told again: whoever has just come could not decrypt what was said before. */
const SAY_MS = 3_000

/**
 * A room of an SFU (LiveKit), which forwards the media of the call. Everything in it is encrypted by the devices, with keys that the
 * servers do not have (`MediaKeys`): nothing is sent before there are keys, and nothing is played that was not decrypted.
 */
export class Sfu implements Transport {
  readonly #peers = new Map<string, SfuPeer>()
  readonly #keys: MediaKeys
  readonly #roomKeys: RoomKeys
  readonly #words: SealedWords
  readonly #worker: Worker
  readonly #room: Room
  readonly #publisher: Publisher
  readonly #entry: Entry
  readonly #silence = new Silence()
  readonly #watching: Alarm
  readonly #saying: Alarm
  #media: MediaState = SILENT
  /** In the room, and this device has had a key of its own there. */
  #isIn = false
  #publishes = false
  #closed = false

  constructor(private readonly options: SfuOptions) {
    const { clock, me, keys, delivery, callId, generation, relayOnly } = options
    this.#watching = new Alarm(clock)
    this.#saying = new Alarm(clock)
    this.#words = new SealedWords(me.deviceId, () => clock.now())
    this.#roomKeys = new RoomKeys(clock, me.deviceId, this.#words, {
      onSending: () => this.#ready(),
      onSilent: () => this.#beSilent(),
    })
    this.#keys = new MediaKeys({
      clock,
      random: Math.random,
      me,
      id: `${callId}.${generation}`,
      keys,
      delivery,
      onKeys: (epoch) => this.#roomKeys.install(epoch),
      onChange: () => this.#changed(),
      onTrouble: () => options.onTrouble(),
    })
    this.#worker = new Worker(new URL('./sealed.worker.ts', import.meta.url), {
      type: 'module',
      // It encrypts for this device only, whoever the node says it is.
      name: me.deviceId,
    })
    this.#room = new Room({
      e2ee: { keyProvider: this.#roomKeys, worker: this.#worker },
      dynacast: true,
      // One connection for both directions confuses the codecs of Chromium.
      singlePeerConnection: false,
      stopLocalTrackOnUnpublish: false,
      disconnectOnPageLeave: false,
    })
    this.#publisher = new Publisher(this.#room, (slot) => options.tracks.track(slot))
    this.#entry = new Entry({
      clock,
      room: this.#room,
      deviceId: me.deviceId,
      generation,
      relayOnly,
      access: () => options.access(),
      onIn: () => this.#ready(),
      onChange: () => this.#changed(),
    })
    this.#listen()
    void this.#entry.enter()
    this.#watch()
  }

  get peers(): readonly Peer[] {
    return [...this.#peers.values()].map(({ link, media, userId, deviceId, away }) => ({
      userId,
      deviceId,
      away,
      link,
      media,
      tracks: link.tracks,
    }))
  }

  /** Of the code that people compare. */
  get authenticator(): Uint8Array | undefined {
    return this.#keys.authenticator
  }

  update(call: Pick<Call, 'participants' | 'away'>): void {
    const present = attendees(call, this.options.me.deviceId, [...this.#peers.values()])
    const ids = new Set(present.map(({ deviceId }) => deviceId))
    for (const deviceId of [...this.#peers.keys()]) if (!ids.has(deviceId)) this.#peers.delete(deviceId)
    for (const attendee of present) {
      const known = this.#peers.get(attendee.deviceId)
      this.#peers.set(attendee.deviceId, known ? Object.assign(known, attendee) : this.#meet(attendee))
    }
    const userIds = present.map(({ userId }) => userId)
    this.options.keys.book.expect(userIds).catch(handled('calls.keys'))
    this.#keys.update(call)
    this.#choose()
    this.#changed()
  }

  hear(commit: MediaKeyCommit): void {
    if (commit.callId === this.options.callId && commit.generation === this.options.generation) this.#keys.hear(commit)
  }

  // Signals are of links from device to device.
  receive(): void {}
  refused(): void {}

  signallingBack(): void {
    this.#keys.look()
  }

  networkChanged(): void {
    this.#keys.look()
  }

  tryAgain(): void {
    this.#keys.look()
  }

  serversChanged(): void {
    this.#entry.renewed()
  }

  async setTrack(slot: Slot): Promise<void> {
    if (this.#publishes) await this.#publisher.put(slot)
  }

  say(media: MediaState): void {
    this.#media = media
    void this.#send(mediaText(media))
  }

  react(reaction: Reaction): void {
    void this.#send(reactionText(reaction))
  }

  aside(content: Uint8Array): void {
    void this.#send(asideText(content))
  }

  close(): void {
    this.#closed = true
    for (const alarm of [this.#watching, this.#saying]) alarm.clear()
    this.#entry.close()
    this.#keys.close()
    this.#roomKeys.close()
    this.#publisher.close()
    this.#room.removeAllListeners()
    void this.#room
      .disconnect(false)
      .catch(handled('calls.sfu'))
      .finally(() => this.#worker.terminate())
  }

  #meet(attendee: Attendee): SfuPeer {
    const { deviceId } = attendee
    const link = new SfuLink({
      participant: () => this.#room.remoteParticipants.get(deviceId),
      isConnected: () => this.#room.state === ConnectionState.Connected && this.#isIn,
      peerKey: () => this.#keys.peerKey(deviceId),
      refusal: () => this.#keys.refusal(deviceId),
    })
    return { ...attendee, link, media: SILENT, state: link.state }
  }

  #listen(): void {
    const changed = () => this.#changed()
    this.#room
      .on(RoomEvent.ParticipantConnected, () => this.#sayAgain())
      .on(RoomEvent.ParticipantDisconnected, changed)
      .on(RoomEvent.TrackPublished, () => this.#choose())
      .on(RoomEvent.TrackSubscribed, changed)
      .on(RoomEvent.TrackUnsubscribed, changed)
      .on(RoomEvent.Reconnected, () => {
        // There may be a key again since.
        this.#ready()
        changed()
      })
      .on(RoomEvent.SignalReconnecting, () => this.options.onTrouble())
      .on(RoomEvent.Reconnecting, () => this.options.onTrouble())
      .on(RoomEvent.Disconnected, (reason) => this.#lost(reason))
      .on(RoomEvent.DataReceived, (bytes, participant) => void this.#heard(bytes, participant))
    // Encryption could not be put into this sender: it sends nothing.
    this.#room.localParticipant.on(ParticipantEvent.LocalSenderCreated, (sender) => {
      if (!isSealed(sender)) void sender.replaceTrack(null).catch(handled('calls.sfu', 'MEDIA_FAILED'))
    })
  }

  /** In the room, with keys: from now on this device is heard. With other keys, whoever has just got them is told what others know. */
  #ready(): void {
    if (this.#closed || !this.#roomKeys.sends || !this.#entry.isIn) return
    if (!this.#isIn) this.#silence.begin(this.options.clock.now())
    this.#isIn = true
    this.#publishes = true
    // Also again: what could not be sent before is tried with each new key.
    void this.#publisher.start()
    this.#sayAgain()
  }

  /** The others are heard on. */
  #beSilent(): void {
    this.#publishes = false
    void this.#publisher.pause()
  }

  #lost(reason: DisconnectReason | undefined): void {
    if (this.#closed) return
    this.#isIn = this.#publishes = false
    this.#publisher.stop()
    this.#entry.lost(reason)
    this.options.onTrouble()
    this.#changed()
  }

  #sayAgain(): void {
    this.#saying.set(SAY_MS, () => this.#sayAgain())
    void this.#send(mediaText(this.#media))
    this.#changed()
  }

  /** Nobody waits for it: it is said again. */
  async #send(text: string): Promise<void> {
    const sealed = await this.#words.seal(text)
    if (!sealed || !this.#publishes || this.#room.state !== ConnectionState.Connected) return
    await this.#room.localParticipant.publishData(sealed, { reliable: true }).catch(handled('calls.sfu'))
  }

  async #heard(bytes: Uint8Array, participant?: RemoteParticipant): Promise<void> {
    const text = participant && (await this.#words.open(participant.identity, bytes))
    const peer = participant && this.#peers.get(participant.identity)
    if (!peer?.link.peerKey || text === undefined) return
    const aside = asideOfText(text)
    if (aside) return this.options.onAside(peer, aside)
    const media = mediaOf(text)
    if (media) peer.media = media
    const reaction = reactionOf(text)
    if (reaction) this.options.onReaction(peer, reaction)
    this.#changed()
  }

  /** The more people are seen, the smaller is each. A shared screen is what people watch. */
  #choose(): void {
    const people = this.#peers.size + 1
    const quality = people <= 4 ? VideoQuality.HIGH : people <= 12 ? VideoQuality.MEDIUM : VideoQuality.LOW
    for (const participant of this.#room.remoteParticipants.values())
      for (const publication of participant.trackPublications.values() as Iterable<RemoteTrackPublication>)
        if (isPicture(publication))
          publication.setVideoQuality(publication.source === 'camera' ? quality : VideoQuality.HIGH)
  }

  /** Says so as long as nothing arrives any more of those who were heard. */
  #watch(): void {
    this.#watching.set(WATCH_MS, () => this.#watch())
    const peers = [...this.#peers.values()]
    const heardAt = peers.flatMap(({ link }) => link.heardAt ?? [])
    const speak = peers.some(({ away, media, link }) => !away && media.microphone && link.hasVoice)
    const isSilent = this.#silence.look(this.options.clock.now(), heardAt, speak)
    if (this.#isIn && isSilent) this.options.onTrouble()
  }

  #changed(): void {
    if (this.#closed) return
    for (const peer of this.#peers.values()) {
      const { state } = peer.link
      if (state === peer.state) continue
      peer.state = state
      this.options.onState(peer, state)
    }
    this.options.onChange()
  }
}
