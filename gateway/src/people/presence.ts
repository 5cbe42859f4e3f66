import { EvenShare, RoundRobin } from '@beseda/async'
import { presenceSubject } from '@beseda/proto'
import { DeviceConnectionSchema, PresenceSchema, PresenceService } from '@beseda/proto/presence/v1/presence_service'
import { fromBinary, type MessageInitShape } from '@bufbuild/protobuf'
import { type Client, createClient, type Transport } from '@connectrpc/connect'
import type { NatsConnection } from '@nats-io/nats-core'
import { type Listener, Listeners } from '../bus/listeners.js'
import type { ClientSocket } from '../session/client-socket.js'
import { serverFrame } from '../session/frames.js'
import type { RateLimits } from '../session/limits.js'

/** Within so long everybody is told of again: their lease in the presence service is a little more than twice as long. */
const REPORT_S = 20
/** A few every second, for all at once would keep a full gateway for a tenth of a second from everything else; but so many, or all. */
const REPORT_LEAST = 100
const REPORT_BATCH = 500
/** What happens within so long is told together: in a storm thousands come, or go, at once. */
const GATHER_MS = 50

type Report = MessageInitShape<typeof DeviceConnectionSchema> & { readonly userId: string; readonly deviceId: string }

interface Watched {
  readonly watchers: Set<ClientSocket>
  readonly listener: Listener
}

/** Of one device. Each asks the presence service about up to a thousand people, and more would let one device keep it busy. */
const WATCH_RATE = { perMinute: 120, burst: 20 }

/** Tells the presence service who is connected here, and sockets how the people on their screens are. */
export class PresenceFeed {
  readonly #client: Client<typeof PresenceService>
  readonly #idle = new Map<ClientSocket, boolean>()
  readonly #watched = new Map<string, Watched>()
  /** Whom a socket watches; of most sockets that are idle: nobody. */
  readonly #watchedBy = new Map<ClientSocket, ReadonlySet<string>>()
  /** Who has changed whom they watch too often. */
  readonly #waiting = new Map<ClientSocket, { userIds: readonly string[]; readonly timer: NodeJS.Timeout }>()
  readonly #listeners: Listeners
  readonly #turns = new RoundRobin(() => this.#idle.keys())
  readonly #share = new EvenShare(REPORT_S, REPORT_LEAST)
  readonly #timer: NodeJS.Timeout
  readonly #untold = new Map<string, Report>()
  #soon: NodeJS.Timeout | undefined

  constructor(
    nats: NatsConnection,
    rpc: Transport,
    private readonly peersOf: (userId: string) => readonly ClientSocket[],
    private readonly limits: Pick<RateLimits, 'take'>,
    private readonly onFailure: (error: unknown) => void,
  ) {
    this.#client = createClient(PresenceService, rpc)
    this.#listeners = new Listeners(nats, presenceSubject, (userId, { data }) => this.#changed(userId, data))
    this.#timer = setInterval(() => {
      const due = this.#turns.next(this.#share.tick(this.#idle.size))
      void this.#tell(due.map((peer) => this.#stateOf(peer)))
    }, 1_000)
  }

  connected(peer: ClientSocket): void {
    this.#idle.set(peer, false)
    this.#tellSoon(this.#stateOf(peer))
  }

  setIdle(peer: ClientSocket, idle: boolean): void {
    if (!this.#idle.has(peer) || this.#idle.get(peer) === idle) return
    this.#idle.set(peer, idle)
    this.#tellSoon(this.#stateOf(peer))
  }

  disconnected(peer: ClientSocket): void {
    clearTimeout(this.#waiting.get(peer)?.timer)
    this.#waiting.delete(peer)
    this.#watch(peer, [])
    if (!this.#idle.delete(peer)) return
    const replaced = this.peersOf(peer.userId).some(({ deviceId }) => deviceId === peer.deviceId)
    if (replaced) return
    const { userId, deviceId } = peer
    this.#tellSoon({ userId, deviceId, gone: true })
  }

  /** Replaces whom a socket watches, and sends how they are now. What comes too soon waits, and the last of it counts. */
  watch(peer: ClientSocket, userIds: readonly string[]): void {
    const waiting = this.#waiting.get(peer)
    if (waiting) {
      waiting.userIds = userIds
      return
    }
    const waitMs = this.limits.take(`${peer.deviceId}:watch`, WATCH_RATE, performance.now())
    if (waitMs === 0) {
      this.#watch(peer, userIds)
      return
    }
    const later = () => {
      const wanted = this.#waiting.get(peer)?.userIds ?? []
      this.#waiting.delete(peer)
      this.watch(peer, wanted)
    }
    this.#waiting.set(peer, { userIds, timer: setTimeout(later, waitMs) })
  }

  #watch(peer: ClientSocket, userIds: readonly string[]): void {
    const wanted = new Set(userIds)
    for (const userId of this.#watchedBy.get(peer) ?? []) if (!wanted.has(userId)) this.#unwatch(peer, userId)
    if (wanted.size > 0) this.#watchedBy.set(peer, wanted)
    else this.#watchedBy.delete(peer)
    for (const userId of wanted) this.#watchedOf(userId).watchers.add(peer)
    if (wanted.size > 0) this.#sendPresent(peer, [...wanted]).catch(this.onFailure)
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer)
    clearTimeout(this.#soon)
    const here = [...this.#idle.keys()].map(({ userId, deviceId }) => ({ userId, deviceId, gone: true }))
    await this.#tell([...this.#untold.values(), ...here], 1_000)
  }

  #watchedOf(userId: string): Watched {
    const known = this.#watched.get(userId)
    if (known) return known
    const watched = { watchers: new Set<ClientSocket>(), listener: this.#listeners.listen(userId) }
    this.#watched.set(userId, watched)
    return watched
  }

  #unwatch(peer: ClientSocket, userId: string): void {
    const watched = this.#watched.get(userId)
    if (!watched?.watchers.delete(peer) || watched.watchers.size > 0) return
    watched.listener.unsubscribe()
    this.#watched.delete(userId)
  }

  #changed(userId: string, data: Uint8Array): void {
    const frame = serverFrame({ case: 'presence', value: fromBinary(PresenceSchema, data) })
    for (const watcher of this.#watched.get(userId)?.watchers ?? []) watcher.send(frame)
  }

  async #sendPresent(peer: ClientSocket, userIds: readonly string[]): Promise<void> {
    const headers = { 'Beseda-User': peer.userId }
    const { presences } = await this.#client.getPresence({ userIds: [...userIds] }, { headers })
    for (const value of presences) peer.send(serverFrame({ case: 'presence', value }))
  }

  #stateOf(peer: ClientSocket): Report {
    return { userId: peer.userId, deviceId: peer.deviceId, idle: this.#idle.get(peer) ?? false }
  }

  /** Of one device the last word counts. */
  #tellSoon(report: Report): void {
    this.#untold.set(`${report.userId}.${report.deviceId}`, report)
    this.#soon ??= setTimeout(() => {
      this.#soon = undefined
      const reports = [...this.#untold.values()]
      this.#untold.clear()
      void this.#tell(reports)
    }, GATHER_MS)
  }

  async #tell(reports: readonly Report[], timeoutMs?: number): Promise<void> {
    const pages = Array.from({ length: Math.ceil(reports.length / REPORT_BATCH) }, (_, page) =>
      reports.slice(page * REPORT_BATCH, (page + 1) * REPORT_BATCH),
    )
    const options = timeoutMs === undefined ? {} : { timeoutMs }
    await Promise.all(
      pages.map((connections) => this.#client.reportConnections({ connections }, options).catch(this.onFailure)),
    )
  }
}
