import { IdentityService } from '@beseda/proto/identity/v1/identity_service'
import { type Client, createClient, type Transport } from '@connectrpc/connect'
import type { ClientSocket } from '../session/client-socket.js'
import type { People } from './people.js'

/** Within so long everybody's session is asked about once. Longer: a notice that was lost counts later; shorter: more questions. */
const ROUND_MS = 60_000
const TURN_MS = 1_000
/** Sessions of one question. */
const PAGE = 500
const TIMEOUT_MS = 5_000

/**
 * That a session has ended is said on the bus, once, and may be lost: then its sockets would stay until the access token ends. So
 * the identity service is asked, about a few people every second, and about everybody when the bus was gone.
 */
export class SessionChecks {
  readonly #identity: Client<typeof IdentityService>
  #timer: NodeJS.Timeout | undefined

  constructor(
    rpc: Transport,
    private readonly peers: People,
    private readonly onFailure: (error: unknown) => void,
  ) {
    this.#identity = createClient(IdentityService, rpc)
  }

  start(): void {
    this.#timer = setInterval(() => {
      const share = Math.ceil((this.peers.people * TURN_MS) / ROUND_MS)
      this.#check(this.peers.next(share)).catch(this.onFailure)
    }, TURN_MS)
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  /** Never rejects. */
  everybody(): Promise<void> {
    return this.#check(this.peers.all()).catch(this.onFailure)
  }

  async #check(peers: readonly ClientSocket[]): Promise<void> {
    for (let at = 0; at < peers.length; at += PAGE) {
      const sessions = peers.slice(at, at + PAGE).map(({ userId, sessionId }) => ({ userId, sessionId }))
      const request = { sessions, onlyRevoked: true }
      const { ended } = await this.#identity.findEndedSessions(request, { timeoutMs: TIMEOUT_MS })
      for (const { userId, sessionId } of ended) this.peers.revoke(userId, [sessionId])
    }
  }
}
