import type { BucketRate } from '@beseda/kernel'
import { presenceSubject } from '@beseda/proto'
import { PresenceSchema, PresenceService } from '@beseda/proto/presence/v1/presence_service'
import { fromBinary } from '@bufbuild/protobuf'
import { type Client, createClient, type Transport } from '@connectrpc/connect'
import type { NatsConnection } from '@nats-io/nats-core'
import { type Listener, Listeners } from '../bus/listeners.js'
import { type ClientSocket, deviceKey } from '../session/client-socket.js'
import { serverFrame } from '../session/frames.js'
import type { RateLimits } from '../session/limits.js'

/** Of one device. Each change asks the presence service about up to a thousand people; a higher rate lets one device keep it busy. */
const WATCH_RATE: BucketRate = { perMinute: 120, burst: 20 }

interface Watched {
  readonly watchers: Set<ClientSocket>
  readonly listener: Listener
}

/** Sends sockets the presence of the people that they watch: the present state at once, then every change. */
export class PresenceWatches {
  readonly #client: Client<typeof PresenceService>
  readonly #watched = new Map<string, Watched>()
  /** The people that a socket watches. Most idle sockets watch nobody and have no entry. */
  readonly #watchedBy = new Map<ClientSocket, ReadonlySet<string>>()
  /** Sockets that changed their watches too often, with the watches they want. */
  readonly #waiting = new Map<ClientSocket, { userIds: readonly string[]; readonly timer: NodeJS.Timeout }>()
  readonly #listeners: Listeners

  constructor(
    nats: NatsConnection,
    rpc: Transport,
    private readonly limits: Pick<RateLimits, 'take'>,
    private readonly onFailure: (error: unknown) => void,
  ) {
    this.#client = createClient(PresenceService, rpc)
    this.#listeners = new Listeners(nats, presenceSubject, (userId, { data }) => this.#changed(userId, data))
  }

  /** Replaces the people that a socket watches. Changes beyond the rate wait, and only the last of them takes place. */
  watch(socket: ClientSocket, userIds: readonly string[]): void {
    const waiting = this.#waiting.get(socket)
    if (waiting) {
      waiting.userIds = userIds
      return
    }
    const waitMs = this.limits.take(`${deviceKey(socket)}:watch`, WATCH_RATE, performance.now())
    if (waitMs === 0) {
      this.#replace(socket, userIds)
      return
    }
    const later = () => {
      const wanted = this.#waiting.get(socket)?.userIds ?? []
      this.#waiting.delete(socket)
      this.watch(socket, wanted)
    }
    this.#waiting.set(socket, { userIds, timer: setTimeout(later, waitMs) })
  }

  /** The sockets that watch a person. */
  watchersOf(userId: string): Iterable<ClientSocket> {
    return this.#watched.get(userId)?.watchers ?? []
  }

  /** To be called when a socket has closed. */
  forget(socket: ClientSocket): void {
    clearTimeout(this.#waiting.get(socket)?.timer)
    this.#waiting.delete(socket)
    this.#replace(socket, [])
  }

  #replace(socket: ClientSocket, userIds: readonly string[]): void {
    const wanted = new Set(userIds)
    for (const userId of this.#watchedBy.get(socket) ?? []) if (!wanted.has(userId)) this.#unwatch(socket, userId)
    if (wanted.size > 0) this.#watchedBy.set(socket, wanted)
    else this.#watchedBy.delete(socket)
    for (const userId of wanted) this.#watchedOf(userId).watchers.add(socket)
    if (wanted.size > 0) this.#sendPresent(socket, [...wanted]).catch(this.onFailure)
  }

  #watchedOf(userId: string): Watched {
    const known = this.#watched.get(userId)
    if (known) return known
    const watched = { watchers: new Set<ClientSocket>(), listener: this.#listeners.listen(userId) }
    this.#watched.set(userId, watched)
    return watched
  }

  #unwatch(socket: ClientSocket, userId: string): void {
    const watched = this.#watched.get(userId)
    if (!watched?.watchers.delete(socket) || watched.watchers.size > 0) return
    watched.listener.unsubscribe()
    this.#watched.delete(userId)
  }

  #changed(userId: string, data: Uint8Array): void {
    const frame = serverFrame({ case: 'presence', value: fromBinary(PresenceSchema, data) })
    for (const watcher of this.watchersOf(userId)) watcher.send(frame)
  }

  async #sendPresent(socket: ClientSocket, userIds: readonly string[]): Promise<void> {
    const headers = { 'Beseda-User': socket.userId }
    const { presences } = await this.#client.getPresence({ userIds: [...userIds] }, { headers })
    for (const value of presences) socket.send(serverFrame({ case: 'presence', value }))
  }
}
