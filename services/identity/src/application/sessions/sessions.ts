import { newId, Refusal } from '@beseda/kernel'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { cleanLine } from '@beseda/rules'
import { openSession, rotate, type Session } from '../../domain/sessions/session.js'
import type { DeviceProofs } from '../sign-in/device-proofs.js'
import type { AccessTokens, EndedSessions, SessionKey, SessionNotices, SessionStore } from './ports.js'
import type { RefreshTokens } from './refresh-token.js'

/** Lifetime of an access token. Longer: HTTP calls with an ended session's token work longer; shorter: more refreshes. */
const ACCESS_TOKEN_MS = 10 * 60_000
/** For clocks that differ, and for tokens issued while their session ended. */
const MARGIN_MS = 60_000
/** How long a sign-in proves who the person is. */
const FRESH_MS = 10 * 60_000
const MAX_RACES = 5

export interface IssuedTokens {
  readonly sessionId: string
  readonly accessToken: string
  readonly accessExpiresAt: Date
  readonly refreshToken: string
  /** Tells the device from those of strangers at its next sign-in. */
  readonly deviceProof: string
}

/** Signed-in devices: opens, refreshes and ends their sessions. */
export class Sessions {
  constructor(
    private readonly store: SessionStore,
    private readonly refreshTokens: RefreshTokens,
    private readonly accessTokens: AccessTokens,
    private readonly notices: SessionNotices,
    private readonly proofs: DeviceProofs,
  ) {}

  async open(userId: string, device: { readonly id: string; readonly name: string }, now: Date): Promise<IssuedTokens> {
    const sessionId = newId()
    const session = openSession(device.id, cleanLine('device.name', device.name), now.getTime())
    await this.store.create(userId, sessionId, session)
    return this.#issue(userId, sessionId, session, now)
  }

  /**
   * New tokens for a refresh token. A session that was opened while its account was being disabled or deleted ends here at the latest.
   * Errors: UNAUTHENTICATED, SESSION_REVOKED.
   */
  async refresh(token: string, now: Date, isShut: (userId: string) => boolean): Promise<IssuedTokens> {
    const parts = this.refreshTokens.parse(token)
    if (!parts) throw new Refusal(ErrorReason.UNAUTHENTICATED)
    const { userId, sessionId, generation } = parts
    if (isShut(userId)) await this.#revoke(userId, sessionId)
    for (let race = 0; race < MAX_RACES; race++) {
      const stored = await this.store.get(userId, sessionId)
      if (!stored) throw new Refusal(ErrorReason.SESSION_REVOKED)
      const rotation = rotate(stored.session, generation, now.getTime())
      if (rotation.kind === 'reused') return this.#revoke(userId, sessionId)
      const { session } = rotation
      const isStored =
        rotation.kind === 'repeated' || (await this.store.replace(userId, sessionId, session, stored.revision))
      if (isStored) return this.#issue(userId, sessionId, session, now)
    }
    throw new Refusal(ErrorReason.CONTENTION)
  }

  list(userId: string): Promise<ReadonlyMap<string, Session>> {
    return this.store.list(userId)
  }

  /** Whether the person has signed in to this session a short time ago. */
  async isFresh(userId: string, sessionId: string | undefined, now: number): Promise<boolean> {
    const stored = sessionId ? await this.store.get(userId, sessionId) : undefined
    return stored !== undefined && now - stored.session.openedAt <= FRESH_MS
  }

  /** Those of these sessions that do not exist, or not any more. */
  async ended<Key extends SessionKey>(keys: readonly Key[]): Promise<Key[]> {
    const found = await Promise.all(keys.map(({ userId, sessionId }) => this.store.get(userId, sessionId)))
    return keys.filter((_, i) => !found[i])
  }

  /** Those of these sessions that were ended. */
  revoked<Key extends SessionKey>(keys: readonly Key[]): Promise<Key[]> {
    return this.store.deleted(keys)
  }

  /** A page of the sessions that ended while their access tokens may still verify. `cursor` 0: the first page. */
  endedSince(cursor: number, now: Date): Promise<EndedSessions> {
    return this.store.deletedSince(cursor, new Date(now.getTime() - ACCESS_TOKEN_MS - MARGIN_MS))
  }

  /** Ends sessions; gateways close their sockets, and devices without another session leave their calls. */
  async end(userId: string, sessionIds: readonly string[]): Promise<void> {
    if (sessionIds.length === 0) return
    const before = [...(await this.list(userId))]
    await Promise.all(sessionIds.map((sessionId) => this.store.delete(userId, sessionId)))
    const devicesOf = (isMeant: (sessionId: string) => boolean) =>
      before.filter(([sessionId]) => isMeant(sessionId)).map(([, { deviceId }]) => deviceId)
    const stay = new Set(devicesOf((sessionId) => !sessionIds.includes(sessionId)))
    const gone = devicesOf((sessionId) => sessionIds.includes(sessionId)).filter((deviceId) => !stay.has(deviceId))
    this.notices.ended(userId, sessionIds, [...new Set(gone)])
  }

  /** Ends one session of the person. Errors: SESSION_NOT_FOUND. */
  async endOne(userId: string, sessionId: string): Promise<void> {
    if (!(await this.list(userId)).has(sessionId)) throw new Refusal(ErrorReason.SESSION_NOT_FOUND)
    await this.end(userId, [sessionId])
  }

  /** Ends all sessions of a person that `isMeant` names, and returns how many. */
  async endAll(userId: string, isMeant: (sessionId: string) => boolean = () => true): Promise<number> {
    const sessionIds = [...(await this.list(userId)).keys()].filter(isMeant)
    await this.end(userId, sessionIds)
    return sessionIds.length
  }

  async #revoke(userId: string, sessionId: string): Promise<never> {
    await this.end(userId, [sessionId])
    throw new Refusal(ErrorReason.SESSION_REVOKED)
  }

  async #issue(userId: string, sessionId: string, session: Session, now: Date): Promise<IssuedTokens> {
    const { deviceId, generation } = session
    const accessExpiresAt = new Date(now.getTime() + ACCESS_TOKEN_MS)
    return {
      sessionId,
      accessToken: await this.accessTokens.sign({ userId, sessionId, deviceId }, now, accessExpiresAt),
      accessExpiresAt,
      refreshToken: this.refreshTokens.issue({ userId, sessionId, generation }),
      deviceProof: this.proofs.issue(userId, deviceId),
    }
  }
}
