import { newId, Refusal } from '@beseda/kernel'
import type { TokenSigner } from '@beseda/platform'
import { sessionEndedSubject } from '@beseda/proto'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { SessionsEndedSchema } from '@beseda/proto/identity/v1/identity_service'
import { create, toBinary } from '@bufbuild/protobuf'
import type { NatsConnection } from '@nats-io/nats-core'
import type { SessionBucket, SessionKey } from '../adapters/sessions.js'
import { openSession, rotate, type Session } from '../domain/session.js'
import type { RefreshTokens } from './refresh-token.js'

/** Life of an access token. Longer: a revoked session's HTTP calls live longer; shorter: more rotations. */
const ACCESS_TOKEN_MS = 10 * 60_000
/** How long a sign-in counts as proof for what needs one. */
const FRESH_MS = 10 * 60_000
const MAX_RACES = 5

export interface IssuedTokens {
  readonly accessToken: string
  readonly accessExpiresAt: Date
  readonly refreshToken: string
}

/** Signed-in devices: opening, rotating, ending. */
export class Sessions {
  constructor(
    private readonly bucket: Pick<SessionBucket, 'create' | 'get' | 'replace' | 'delete' | 'deleted' | 'list'>,
    private readonly refreshTokens: RefreshTokens,
    private readonly signer: TokenSigner,
    private readonly nats: Pick<NatsConnection, 'publish'>,
  ) {}

  async open(userId: string, device: { readonly id: string; readonly name: string }, now: Date): Promise<IssuedTokens> {
    const sessionId = newId()
    const session = openSession(device.id, device.name, now.getTime())
    await this.bucket.create(userId, sessionId, session)
    return this.#issue(userId, sessionId, session, now)
  }

  /**
   * New tokens for a refresh token. A session that was opened in the moment its account was shut ends here at the latest.
   * Errors: UNAUTHENTICATED, SESSION_REVOKED.
   */
  async refresh(token: string, now: Date, isShut: (userId: string) => boolean): Promise<IssuedTokens> {
    const parts = this.refreshTokens.parse(token)
    if (!parts) throw new Refusal(ErrorReason.UNAUTHENTICATED)
    const { userId, sessionId, generation } = parts
    if (isShut(userId)) {
      await this.end(userId, [sessionId])
      throw new Refusal(ErrorReason.SESSION_REVOKED)
    }
    for (let race = 0; race < MAX_RACES; race++) {
      const stored = await this.bucket.get(userId, sessionId)
      if (!stored) throw new Refusal(ErrorReason.SESSION_REVOKED)
      const rotation = rotate(stored.session, generation, now.getTime())
      if (rotation.kind === 'reused') {
        await this.end(userId, [sessionId])
        throw new Refusal(ErrorReason.SESSION_REVOKED)
      }
      const settled =
        rotation.kind === 'repeated' ||
        (await this.bucket.replace(userId, sessionId, rotation.session, stored.revision))
      if (settled) return this.#issue(userId, sessionId, rotation.session, now)
    }
    throw new Refusal(ErrorReason.CONTENTION)
  }

  list(userId: string): Promise<ReadonlyMap<string, Session>> {
    return this.bucket.list(userId)
  }

  /** The person has proved who they are a moment ago. */
  async isFresh(userId: string, sessionId: string | undefined, now: number): Promise<boolean> {
    const stored = sessionId ? await this.bucket.get(userId, sessionId) : undefined
    return stored !== undefined && now - stored.session.openedAt <= FRESH_MS
  }

  /** Those of these sessions that are no more. */
  async ended<Key extends SessionKey>(keys: readonly Key[]): Promise<Key[]> {
    const found = await Promise.all(keys.map(({ userId, sessionId }) => this.bucket.get(userId, sessionId)))
    return keys.filter((_, i) => !found[i])
  }

  /** Those of these sessions that somebody ended. */
  revoked<Key extends SessionKey>(keys: readonly Key[]): Promise<Key[]> {
    return this.bucket.deleted(keys)
  }

  /** Ends sessions; gateways close their sockets. */
  async end(userId: string, sessionIds: readonly string[]): Promise<void> {
    if (sessionIds.length === 0) return
    await Promise.all(sessionIds.map((sessionId) => this.bucket.delete(userId, sessionId)))
    const notice = create(SessionsEndedSchema, { sessionIds: [...sessionIds] })
    this.nats.publish(sessionEndedSubject(userId), toBinary(SessionsEndedSchema, notice))
  }

  async #issue(userId: string, sessionId: string, session: Session, now: Date): Promise<IssuedTokens> {
    const accessExpiresAt = new Date(now.getTime() + ACCESS_TOKEN_MS)
    const claims = { sub: userId, sid: sessionId, did: session.deviceId }
    return {
      accessToken: await this.signer.sign('beseda', claims, now, accessExpiresAt),
      accessExpiresAt,
      refreshToken: this.refreshTokens.issue({ userId, sessionId, generation: session.generation }),
    }
  }
}
