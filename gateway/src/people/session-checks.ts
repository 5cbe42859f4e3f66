import { IdentityService } from '@beseda/proto/identity/v1/identity_service'
import { type Client, createClient, type Transport } from '@connectrpc/connect'
import type { ClientSocket } from '../session/client-socket.js'
import type { People } from './people.js'

/** Time in which every session is checked once. Larger: a lost notice is made up for later; smaller: more requests. */
const ROUND_MS = 60_000
const TURN_MS = 1_000
/** Sessions of one request. */
const PAGE = 500
const TIMEOUT_MS = 5_000

/**
 * The end of a session is announced on the bus once. If the notice is lost, its sockets would stay until the access token expires. So the
 * identity service is asked: about some people each second, and about everybody after the bus was lost.
 */
export class SessionChecks {
  readonly #identity: Client<typeof IdentityService>
  #timer: NodeJS.Timeout | undefined

  constructor(
    rpc: Transport,
    private readonly people: People,
    private readonly onFailure: (error: unknown) => void,
  ) {
    this.#identity = createClient(IdentityService, rpc)
  }

  start(): void {
    this.#timer = setInterval(() => {
      const share = Math.ceil((this.people.count * TURN_MS) / ROUND_MS)
      this.#check(this.people.next(share)).catch(this.onFailure)
    }, TURN_MS)
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  /** Never rejects. */
  everybody(): Promise<void> {
    return this.#check(this.people.all()).catch(this.onFailure)
  }

  async #check(sockets: readonly ClientSocket[]): Promise<void> {
    for (let at = 0; at < sockets.length; at += PAGE) {
      const sessions = sockets.slice(at, at + PAGE).map(({ userId, sessionId }) => ({ userId, sessionId }))
      const request = { sessions, onlyRevoked: true }
      const { ended } = await this.#identity.findEndedSessions(request, { timeoutMs: TIMEOUT_MS })
      for (const { userId, sessionId } of ended) this.people.revoke(userId, [sessionId])
    }
  }
}
