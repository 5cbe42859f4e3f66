import type { HeldKey } from '@beseda/client-protocol/device-keys'
import {
  type Call,
  type CallAccess,
  CallAccessSchema,
  CallSchema,
  ParticipantSchema,
} from '@beseda/proto/call/v1/call_service'
import { IncomingSignalSchema, type OutgoingSignal } from '@beseda/proto/gateway/v1/frames'
import { create } from '@bufbuild/protobuf'
import { KeyBook } from '../../../keys/key-book.js'
import { keysInMemory } from '../../../keys/memory.js'
import { ownKeyOf } from '../../../keys/own-key.js'
import { systemClock } from '../../../time/clock.js'
import type { Device } from './attendance.js'
import { type MediaState, SLOTS, type Slot } from './media-state.js'
import { Mesh, type MeshOptions } from './mesh.js'
import type { OwnTracks } from './peer/peer-link.js'
import { makePeer } from './peer/restarting-peer.js'
import type { CallKeys } from './trust/link-guard.js'

/** Video and audio tracks that a test makes itself. */
export class TestMedia implements OwnTracks {
  readonly placeholders: OwnTracks['placeholders']
  readonly on = new Map<Slot, MediaStreamTrack>()
  readonly #context = new AudioContext()

  constructor() {
    const [face, screen] = [new MediaStream(), new MediaStream()]
    this.placeholders = SLOTS.map((slot) => ({
      slot,
      track: slot === 'microphone' || slot === 'screenSound' ? this.tone(0) : paint('#000', 16),
      stream: slot.startsWith('screen') ? screen : face,
    }))
    this.on.set('microphone', this.tone(440))
  }

  track(slot: Slot): MediaStreamTrack | null {
    return this.on.get(slot) ?? null
  }

  tone(frequency: number): MediaStreamTrack {
    const oscillator = this.#context.createOscillator()
    const out = this.#context.createMediaStreamDestination()
    oscillator.frequency.value = frequency
    oscillator.connect(out)
    oscillator.start()
    return out.stream.getAudioTracks()[0] as MediaStreamTrack
  }
}

export function paint(colour: string, width: number): MediaStreamTrack {
  const canvas = document.createElement('canvas')
  canvas.width = width
  canvas.height = (width * 9) / 16
  const context = canvas.getContext('2d')
  let turn = 0
  const draw = () => {
    if (!context) return
    context.fillStyle = turn++ % 2 === 0 ? colour : '#333'
    context.fillRect(0, 0, canvas.width, canvas.height)
  }
  draw()
  const timer = setInterval(draw, 60)
  const track = canvas.captureStream(15).getVideoTracks()[0] as MediaStreamTrack
  track.addEventListener('ended', () => clearInterval(timer))
  return track
}

/** A participant in a call of a test: one page of one device. */
export interface Person {
  readonly device: Device
  readonly media: TestMedia
  readonly sent: OutgoingSignal[]
  /** Of others, as they came. */
  readonly reactions: string[]
  readonly asides: string[]
  readonly keys: CallKeys & { readonly book: KeyBook }
  mesh: Mesh
  said: Map<string, MediaState>
  /** No frame leaves or reaches this device. */
  cut: boolean
}

/** A call without servers: signals are passed on in order, like a gateway does, or not at all. */
export class TestCall {
  readonly people: Person[] = []

  /** What identity lists: everybody sees the same. */
  readonly listed = new Map<string, HeldKey[]>()
  /** A gateway that changes what it passes on; undefined: the frame is lost. */
  meddle: (frame: OutgoingSignal) => OutgoingSignal | undefined = (frame) => frame

  async add(name: string, options: Partial<MeshOptions> = {}): Promise<Person> {
    const device = { userId: name, deviceId: `${name}-device` }
    const memory = keysInMemory()
    const own = await ownKeyOf(memory, device)
    this.listed.set(name, [own])
    const list = async (userIds: readonly string[]) => userIds.flatMap((userId) => this.listed.get(userId) ?? [])
    const keys = { own, book: new KeyBook({ clock: systemClock, people: memory, list }) }
    const person = {
      device,
      keys,
      media: new TestMedia(),
      sent: [],
      reactions: [],
      asides: [],
      cut: false,
      said: new Map(),
    } as unknown as Person
    person.mesh = this.page(person, options)
    this.people.push(person)
    return person
  }

  /** A page of this device: a reload makes another one. */
  page(person: Person, options: Partial<MeshOptions> = {}): Mesh {
    const mesh: Mesh = new Mesh({
      clock: systemClock,
      makePeer,
      me: person.device,
      callId: 'call',
      keys: person.keys,
      tracks: person.media,
      relayOnly: false,
      access: (): CallAccess => create(CallAccessSchema, { token: 'token' }),
      post: (frame) => {
        person.sent.push(frame)
        if (!person.cut) queueMicrotask(() => this.#pass(person, frame))
      },
      onChange: () => {
        for (const { deviceId, media } of person.mesh?.peers ?? []) person.said.set(deviceId, media)
      },
      onState: () => undefined,
      onAside: ({ deviceId }, content) => void person.asides.push(`${deviceId} ${new TextDecoder().decode(content)}`),
      onReaction: ({ deviceId }, reaction) => void person.reactions.push(`${deviceId} ${reaction}`),
      ...options,
    })
    return mesh
  }

  /** Gives everybody the call state. */
  update(people: readonly Person[] = this.people, away: readonly Person[] = []): void {
    const of = ({ device }: Person) => create(ParticipantSchema, device)
    const call: Call = create(CallSchema, { participants: people.map(of), away: away.map(of) })
    for (const { mesh } of people) mesh.update(call)
  }

  close(): void {
    for (const { mesh } of this.people) mesh.close()
  }

  #pass(from: Person, given: OutgoingSignal): void {
    const frame = this.meddle(given)
    if (!frame) return
    const to = this.people.find(({ device }) => device.deviceId === frame.toDeviceId)
    if (!to || to.cut) return
    to.mesh.receive(
      create(IncomingSignalSchema, {
        callId: 'call',
        fromUserId: from.device.userId,
        fromDeviceId: from.device.deviceId,
        seq: frame.seq,
        epoch: frame.epoch,
        stream: frame.stream,
        ack: frame.ack,
        ackStream: frame.ackStream,
        ...(frame.signal ? { signal: frame.signal } : {}),
      }),
    )
  }
}
