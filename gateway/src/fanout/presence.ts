import { presenceSubject } from '@beseda/proto'
import { PresenceSchema, PresenceService } from '@beseda/proto/presence/v1/presence_service'
import { fromBinary } from '@bufbuild/protobuf'
import { type Client, createClient, type Transport } from '@connectrpc/connect'
import type { Msg, NatsConnection, Subscription } from '@nats-io/nats-core'
import { serverFrame } from '../session/frames.js'
import type { Peer } from '../session/peer.js'

const REPORT_MS = 20_000
const REPORT_BATCH = 500

interface Watched {
  readonly watchers: Set<Peer>
  readonly subscription: Subscription
}

/** Tells the presence service who is connected here, and sockets how the people on their screens are. */
export class PresenceFeed {
  readonly #client: Client<typeof PresenceService>
  readonly #idle = new Map<Peer, boolean>()
  readonly #watched = new Map<string, Watched>()
  readonly #timer: NodeJS.Timeout

  constructor(
    private readonly nats: NatsConnection,
    rpc: Transport,
    private readonly peersOf: (userId: string) => readonly Peer[],
    private readonly onFailure: (error: unknown) => void,
  ) {
    this.#client = createClient(PresenceService, rpc)
    this.#timer = setInterval(() => this.#report([...this.#idle.keys()]), REPORT_MS)
  }

  connected(peer: Peer): void {
    this.#idle.set(peer, false)
    this.#report([peer])
  }

  setIdle(peer: Peer, idle: boolean): void {
    if (!this.#idle.has(peer) || this.#idle.get(peer) === idle) return
    this.#idle.set(peer, idle)
    this.#report([peer])
  }

  disconnected(peer: Peer): void {
    this.watch(peer, [])
    if (!this.#idle.delete(peer)) return
    const replaced = this.peersOf(peer.userId).some(({ deviceId }) => deviceId === peer.deviceId)
    if (replaced) return
    const { userId, deviceId } = peer
    this.#client.reportConnections({ connections: [{ userId, deviceId, gone: true }] }).catch(this.onFailure)
  }

  /** Replaces whom a socket watches, and sends how they are now. */
  watch(peer: Peer, userIds: readonly string[]): void {
    const wanted = new Set(userIds)
    for (const [userId, { watchers, subscription }] of this.#watched) {
      if (wanted.has(userId) || !watchers.delete(peer) || watchers.size > 0) continue
      subscription.unsubscribe()
      this.#watched.delete(userId)
    }
    for (const userId of wanted) this.#watchedOf(userId).watchers.add(peer)
    if (wanted.size > 0) this.#sendPresent(peer, [...wanted]).catch(this.onFailure)
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer)
    const connections = [...this.#idle.keys()].map(({ userId, deviceId }) => ({ userId, deviceId, gone: true }))
    await this.#client.reportConnections({ connections }, { timeoutMs: 1_000 }).catch(this.onFailure)
  }

  #watchedOf(userId: string): Watched {
    const known = this.#watched.get(userId)
    if (known) return known
    const callback = (_: Error | null, { data }: Msg) => {
      const frame = serverFrame({ case: 'presence', value: fromBinary(PresenceSchema, data) })
      for (const watcher of this.#watched.get(userId)?.watchers ?? []) watcher.send(frame)
    }
    const watched = {
      watchers: new Set<Peer>(),
      subscription: this.nats.subscribe(presenceSubject(userId), { callback }),
    }
    this.#watched.set(userId, watched)
    return watched
  }

  async #sendPresent(peer: Peer, userIds: readonly string[]): Promise<void> {
    const headers = { 'Beseda-User': peer.userId }
    const { presences } = await this.#client.getPresence({ userIds: [...userIds] }, { headers })
    for (const value of presences) peer.send(serverFrame({ case: 'presence', value }))
  }

  #report(peers: readonly Peer[]): void {
    for (let at = 0; at < peers.length; at += REPORT_BATCH) {
      const connections = peers.slice(at, at + REPORT_BATCH).map((peer) => ({
        userId: peer.userId,
        deviceId: peer.deviceId,
        idle: this.#idle.get(peer) ?? false,
      }))
      this.#client.reportConnections({ connections }).catch(this.onFailure)
    }
  }
}
