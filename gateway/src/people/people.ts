import { RoundRobin } from '@beseda/async'
import { parseUserSubject, sessionEndedSubject, userFilter } from '@beseda/proto'
import { MediaKeyCommitSchema } from '@beseda/proto/call/v1/call_service'
import { CloseCode } from '@beseda/proto/gateway/v1/close_codes'
import { IncomingSignalSchema, UserEventSchema } from '@beseda/proto/gateway/v1/frames'
import { SessionsEndedSchema } from '@beseda/proto/identity/v1/identity_service'
import { fromBinary } from '@bufbuild/protobuf'
import type { Msg, NatsConnection, Subscription } from '@nats-io/nats-core'
import { type Listener, Listeners } from '../bus/listeners.js'
import type { ClientSocket } from '../session/client-socket.js'
import { serverFrame } from '../session/frames.js'

interface Connected {
  /** Mostly one. */
  readonly sockets: readonly ClientSocket[]
  readonly listener: Listener
}

/** The people connected to this gateway with their sockets, and what the bus carries for a person or a device. */
export class People {
  readonly #byUser = new Map<string, Connected>()
  readonly #sessions: Subscription
  readonly #listeners: Listeners
  readonly #turns = new RoundRobin(() => this.#byUser.values())
  #socketCount = 0

  /** `onEnded`: called for each session whose end the bus announces or {@link revoke} is told of. */
  constructor(
    nats: NatsConnection,
    private readonly onEnded: (sessionId: string) => void,
  ) {
    const callback = (_: Error | null, message: Msg) => this.#sessionsEnded(message)
    this.#listeners = new Listeners(nats, userFilter, (userId, message) => this.#forPerson(userId, message))
    this.#sessions = nats.subscribe(sessionEndedSubject('*'), { callback })
  }

  /** People connected here. */
  get count(): number {
    return this.#byUser.size
  }

  get socketCount(): number {
    return this.#socketCount
  }

  all(): readonly ClientSocket[] {
    return [...this.#byUser.values()].flatMap(({ sockets }) => sockets)
  }

  socketsOf(userId: string): readonly ClientSocket[] {
    return this.#byUser.get(userId)?.sockets ?? []
  }

  /** The sockets of the next `people` in turn; after the last person comes the first. */
  next(people: number): readonly ClientSocket[] {
    return this.#turns.next(Math.min(people, this.#byUser.size)).flatMap(({ sockets }) => sockets)
  }

  /** Closes an older socket of the same device. */
  add(socket: ClientSocket): void {
    const { userId, deviceId } = socket
    for (const other of this.socketsOf(userId)) if (other.deviceId === deviceId) other.close(CloseCode.REPLACED)
    const others = this.#byUser.get(userId)
    const listener = others?.listener ?? this.#listeners.listen(userId)
    this.#byUser.set(userId, { sockets: others ? [...others.sockets, socket] : [socket], listener })
    this.#socketCount++
  }

  remove(socket: ClientSocket): void {
    const connected = this.#byUser.get(socket.userId)
    const sockets = connected?.sockets.filter((other) => other !== socket) ?? []
    if (!connected || sockets.length === connected.sockets.length) return
    this.#socketCount--
    if (sockets.length > 0) this.#byUser.set(socket.userId, { ...connected, sockets })
    else {
      connected.listener.unsubscribe()
      this.#byUser.delete(socket.userId)
    }
  }

  /** Closes the sockets of sessions that have ended; their access tokens open no socket any more. */
  revoke(userId: string, sessionIds: readonly string[]): void {
    for (const sessionId of sessionIds) this.onEnded(sessionId)
    for (const socket of this.socketsOf(userId)) {
      if (sessionIds.includes(socket.sessionId)) socket.close(CloseCode.SESSION_ENDED)
    }
  }

  stop(): void {
    this.#sessions.unsubscribe()
  }

  /** An event is for all devices of the person, a signal or a step of keys for one. */
  #forPerson(userId: string, { subject, data }: Msg): void {
    const { kind, deviceId } = parseUserSubject(subject)
    const frame = frameOf(kind, data)
    for (const socket of this.socketsOf(userId)) {
      if (deviceId === undefined || socket.deviceId === deviceId) socket.send(frame)
    }
  }

  #sessionsEnded({ subject, data }: Msg): void {
    this.revoke(subject.split('.')[2] ?? '', fromBinary(SessionsEndedSchema, data).sessionIds)
  }
}

function frameOf(kind: string | undefined, data: Uint8Array) {
  switch (kind) {
    case 'signal':
      return serverFrame({ case: 'signal', value: fromBinary(IncomingSignalSchema, data) })
    case 'keys':
      return serverFrame({ case: 'mediaKeyCommit', value: fromBinary(MediaKeyCommitSchema, data) })
    default:
      return serverFrame({ case: 'userEvent', value: fromBinary(UserEventSchema, data) })
  }
}
