import { hash } from 'node:crypto'
import { BoundedMap, ExpiringMap } from '@beseda/async'
import { Refusal } from '@beseda/kernel'
import type { TokenVerifier } from '@beseda/platform'
import { BOT_TOKEN_PREFIX } from '@beseda/proto'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { IdentityService } from '@beseda/proto/identity/v1/identity_service'
import { type Client, createClient, type Transport } from '@connectrpc/connect'
import type { EndedSessions } from '../people/ended-sessions.js'
import type { Actor } from './actor.js'
import type { GuessLimit } from './guess-limit.js'

/** How long a bot's token is valid here without being checked again. Larger: a replaced token, whose notice was lost, works for longer. */
const BOT_CACHE_MS = 10_000
const MAX_BOTS = 10_000
const TIMEOUT_MS = 5_000
/** The life of an access token. No token is valid for longer, whatever it says: somebody who had a key could write anything into it. */
const TOKEN_MS = 10 * 60_000
/** Tokens of people that are known to be genuine (ADR 43): 100 bytes each beside what a connection keeps of them anyway. */
const MAX_KNOWN = 50_000

/** Checks tokens: access tokens of people by their signature, tokens of bots with the identity service. */
export class Authenticator {
  readonly #identity: Client<typeof IdentityService>
  /** `until`: on the clock of `performance.now()`. */
  readonly #bots = new BoundedMap<string, { readonly asked: Promise<Actor>; readonly until: number }>(MAX_BOTS)
  /** By hash, so that a dump of the memory gives no token away. Checked with the keys of this generation. */
  #known = new ExpiringMap<Actor>(MAX_KNOWN)
  #generation = 0

  constructor(
    private readonly verifier: Pick<TokenVerifier, 'verify' | 'generation'>,
    private readonly ended: Pick<EndedSessions, 'isComplete' | 'complete' | 'has'>,
    rpc: Transport,
    private readonly guessLimit: GuessLimit,
  ) {
    this.#identity = createClient(IdentityService, rpc)
  }

  /** Who the token belongs to. `address`: where it came from. Errors: UNAUTHENTICATED, TOKEN_EXPIRED, SESSION_REVOKED, RATE_LIMITED, UNAVAILABLE. */
  async actor(token: string, address: string): Promise<Actor> {
    if (token.startsWith(BOT_TOKEN_PREFIX)) return this.#bot(token, address)
    const key = hash('sha256', token, 'base64')
    const known = this.#knownNow()
    const actor = known.get(key, Date.now()) ?? (await this.#verified(token))
    // A gateway that has just started does not know which sessions have ended.
    if (!this.ended.isComplete) await this.ended.complete()
    if (this.ended.has(actor.sessionId)) throw new Refusal(ErrorReason.SESSION_REVOKED)
    // If the keys changed during the check, `known` is the map of the old keys, which nobody reads any more.
    known.set(key, actor, Date.now())
    return actor
  }

  /** A token is known for no longer than the keys it was checked with. */
  #knownNow(): ExpiringMap<Actor> {
    const { generation } = this.verifier
    if (generation !== this.#generation) this.#known = new ExpiringMap<Actor>(MAX_KNOWN)
    this.#generation = generation
    return this.#known
  }

  async #verified(token: string): Promise<Actor> {
    const { sub, did, sid, exp } = await this.verifier.verify(token, 'beseda')
    if (typeof sub !== 'string' || typeof did !== 'string' || typeof sid !== 'string' || exp === undefined) {
      throw new Refusal(ErrorReason.UNAUTHENTICATED)
    }
    const expiresAt = Math.min(exp * 1000, Date.now() + TOKEN_MS)
    return { userId: sub, deviceId: did, sessionId: sid, expiresAt, scopes: undefined }
  }

  async #bot(token: string, address: string): Promise<Actor> {
    const kept = this.#bots.get(token)
    const known = kept && performance.now() < kept.until ? await kept.asked : undefined
    if (known && !this.ended.has(known.sessionId)) return known
    const asked = this.guessLimit.check(token, address, () => this.#ask(token))
    this.#bots.set(token, { asked, until: performance.now() + BOT_CACHE_MS })
    // The caller gets the error; the next one asks again.
    asked.catch(() => this.#bots.delete(token))
    return asked
  }

  async #ask(token: string): Promise<Actor> {
    const { userId, scopes, sessionId } = await this.#identity.authenticateBot({ token }, { timeoutMs: TIMEOUT_MS })
    return { userId, deviceId: userId, sessionId, expiresAt: Date.now() + BOT_CACHE_MS, scopes }
  }
}
