import { RoundRobin } from '@beseda/async'
import { sessionEndedSubject, signalDevice, userFilter } from '@beseda/proto'
import { CloseCode } from '@beseda/proto/gateway/v1/close_codes'
import { IncomingSignalSchema, UserEventSchema } from '@beseda/proto/gateway/v1/frames'
import { SessionsEndedSchema } from '@beseda/proto/identity/v1/identity_service'
import { fromBinary } from '@bufbuild/protobuf'
import type { Msg, NatsConnection, Subscription } from '@nats-io/nats-core'
import { type Listener, Listeners } from '../bus/listeners.js'
import type { ClientSocket } from '../session/client-socket.js'
import { serverFrame } from '../session/frames.js'

/** An access token lives 10 minutes: so long the sessions that were ended must be remembered. */
const REMEMBER_MS = 11 * 60_000

interface Devices {
  /** Mostly one. */
  readonly peers: readonly ClientSocket[]
  readonly listener: Listener
}

/** The sockets of this gateway by person, and what the bus has for a person or a device rather than for a group. */
export class People {
  readonly #byUser = new Map<string, Devices>()
  readonly #ended = new Map<string, number>()
  readonly #sessions: Subscription
  readonly #listeners: Listeners
  readonly #turns = new RoundRobin(() => this.#byUser.values())
  #size = 0

  constructor(nats: NatsConnection) {
    const callback = (_: Error | null, message: Msg) => this.#sessionsEnded(message)
    this.#listeners = new Listeners(nats, userFilter, (userId, message) => this.#forPerson(userId, message))
    this.#sessions = nats.subscribe(sessionEndedSubject('*'), { callback })
  }

  get size(): number {
    return this.#size
  }

  all(): readonly ClientSocket[] {
    return [...this.#byUser.values()].flatMap(({ peers }) => peers)
  }

  of(userId: string): readonly ClientSocket[] {
    return this.#byUser.get(userId)?.peers ?? []
  }

  /** The next so many people in turn, with their sockets; after the last comes the first. */
  next(people: number): readonly ClientSocket[] {
    return this.#turns.next(Math.min(people, this.#byUser.size)).flatMap(({ peers }) => peers)
  }

  /** The session was signed out while its access token still verifies. */
  isEnded(sessionId: string): boolean {
    return (this.#ended.get(sessionId) ?? 0) > performance.now()
  }

  /** An older socket of the same device gives way. */
  add(peer: ClientSocket): void {
    for (const other of this.of(peer.userId)) if (other.deviceId === peer.deviceId) other.close(CloseCode.REPLACED)
    const others = this.#byUser.get(peer.userId)
    const listener = others?.listener ?? this.#listeners.listen(peer.userId)
    this.#byUser.set(peer.userId, { peers: others ? [...others.peers, peer] : [peer], listener })
    this.#size++
  }

  remove(peer: ClientSocket): void {
    const devices = this.#byUser.get(peer.userId)
    const peers = devices?.peers.filter((other) => other !== peer) ?? []
    if (!devices || peers.length === devices.peers.length) return
    this.#size--
    if (peers.length > 0) this.#byUser.set(peer.userId, { ...devices, peers })
    else {
      devices.listener.unsubscribe()
      this.#byUser.delete(peer.userId)
    }
  }

  /** How many people are here. */
  get people(): number {
    return this.#byUser.size
  }

  /** Closes the sockets of sessions that have ended; their access tokens open no more. */
  revoke(userId: string, sessionIds: readonly string[]): void {
    const now = performance.now()
    for (const [sessionId, until] of this.#ended) if (until < now) this.#ended.delete(sessionId)
    for (const sessionId of sessionIds) this.#ended.set(sessionId, now + REMEMBER_MS)
    for (const peer of this.of(userId)) if (sessionIds.includes(peer.sessionId)) peer.close(CloseCode.SESSION_ENDED)
  }

  stop(): void {
    this.#sessions.unsubscribe()
  }

  /** An event is for all devices of the person, a signal for one. */
  #forPerson(userId: string, { subject, data }: Msg): void {
    const peers = this.of(userId)
    const deviceId = signalDevice(subject)
    const frame =
      deviceId === undefined
        ? serverFrame({ case: 'userEvent', value: fromBinary(UserEventSchema, data) })
        : serverFrame({ case: 'signal', value: fromBinary(IncomingSignalSchema, data) })
    for (const peer of peers) if (deviceId === undefined || peer.deviceId === deviceId) peer.send(frame)
  }

  #sessionsEnded({ subject, data }: Msg): void {
    this.revoke(subject.split('.')[2] ?? '', fromBinary(SessionsEndedSchema, data).sessionIds)
  }
}
