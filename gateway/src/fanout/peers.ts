import { sessionEndedSubject, signalSubject, userSubject } from '@beseda/proto'
import { CloseCode } from '@beseda/proto/gateway/v1/close_codes'
import { IncomingSignalSchema, UserEventSchema } from '@beseda/proto/gateway/v1/frames'
import { SessionsEndedSchema } from '@beseda/proto/identity/v1/identity_service'
import { fromBinary } from '@bufbuild/protobuf'
import type { Msg, NatsConnection, Subscription } from '@nats-io/nats-core'
import { serverFrame } from '../session/frames.js'
import type { Peer } from '../session/peer.js'

/** An access token lives 10 minutes: so long the sessions that were ended must be remembered. */
const REMEMBER_MS = 11 * 60_000

/** The sockets of this gateway by person, and what the bus has for a person or a device rather than for a group. */
export class Peers {
  readonly #byUser = new Map<string, Set<Peer>>()
  readonly #subscriptions = new Map<Peer, readonly Subscription[]>()
  readonly #ended = new Map<string, number>()
  readonly #sessions: Subscription

  constructor(private readonly nats: NatsConnection) {
    const callback = (_: Error | null, message: Msg) => this.#sessionsEnded(message)
    this.#sessions = nats.subscribe(sessionEndedSubject('*'), { callback })
  }

  get size(): number {
    return this.#subscriptions.size
  }

  all(): Iterable<Peer> {
    return [...this.#subscriptions.keys()]
  }

  of(userId: string): readonly Peer[] {
    return [...(this.#byUser.get(userId) ?? [])]
  }

  /** The session was signed out while its access token still verifies. */
  isEnded(sessionId: string): boolean {
    return (this.#ended.get(sessionId) ?? 0) > performance.now()
  }

  /** An older socket of the same device gives way. */
  add(peer: Peer): void {
    for (const other of this.of(peer.userId)) if (other.deviceId === peer.deviceId) other.close(CloseCode.REPLACED)
    this.#byUser.set(peer.userId, (this.#byUser.get(peer.userId) ?? new Set()).add(peer))
    const events = (_: Error | null, { data }: Msg) =>
      peer.send(serverFrame({ case: 'userEvent', value: fromBinary(UserEventSchema, data) }))
    const signals = (_: Error | null, { data }: Msg) =>
      peer.send(serverFrame({ case: 'signal', value: fromBinary(IncomingSignalSchema, data) }))
    this.#subscriptions.set(peer, [
      this.nats.subscribe(userSubject(peer.userId), { callback: events }),
      this.nats.subscribe(signalSubject(peer.userId, peer.deviceId), { callback: signals }),
    ])
  }

  remove(peer: Peer): void {
    for (const subscription of this.#subscriptions.get(peer) ?? []) subscription.unsubscribe()
    this.#subscriptions.delete(peer)
    const others = this.#byUser.get(peer.userId)
    others?.delete(peer)
    if (others?.size === 0) this.#byUser.delete(peer.userId)
  }

  stop(): void {
    this.#sessions.unsubscribe()
  }

  #sessionsEnded({ subject, data }: Msg): void {
    const now = performance.now()
    for (const [sessionId, until] of this.#ended) if (until < now) this.#ended.delete(sessionId)
    const { sessionIds } = fromBinary(SessionsEndedSchema, data)
    for (const sessionId of sessionIds) this.#ended.set(sessionId, now + REMEMBER_MS)
    for (const peer of this.of(subject.split('.')[2] ?? '')) {
      if (sessionIds.includes(peer.sessionId)) peer.close(CloseCode.SESSION_ENDED)
    }
  }
}
