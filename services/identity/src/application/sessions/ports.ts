import type { Session } from '../../domain/sessions/session.js'

export interface SessionKey {
  readonly userId: string
  readonly sessionId: string
}

export interface StoredSession {
  readonly session: Session
  readonly revision: number
}

/** A page of ended sessions. */
export interface EndedSessions {
  readonly ended: readonly SessionKey[]
  /** Where the next page begins. */
  readonly cursor: number
  readonly hasMore: boolean
}

/** Where sessions are kept, for all replicas. */
export abstract class SessionStore {
  abstract create(userId: string, sessionId: string, session: Session): Promise<void>
  abstract get(userId: string, sessionId: string): Promise<StoredSession | undefined>
  /** False: another replica has changed it since. */
  abstract replace(userId: string, sessionId: string, session: Session, revision: number): Promise<boolean>
  abstract delete(userId: string, sessionId: string): Promise<void>
  /** Those of these sessions that were deleted. May miss a deletion that has just happened; never names a session that exists. */
  abstract deleted<Key extends SessionKey>(keys: readonly Key[]): Promise<Key[]>
  /** Deleted sessions in the order of deletion: after `cursor`, or without one from `since` on. */
  abstract deletedSince(cursor: number, since: Date): Promise<EndedSessions>
  abstract list(userId: string): Promise<ReadonlyMap<string, Session>>
}

/** Tells gateways and the call service that sessions have ended. */
export abstract class SessionNotices {
  /** `deviceIds`: the devices of the person that have no session any more. */
  abstract ended(userId: string, sessionIds: readonly string[], deviceIds: readonly string[]): void
}

/** Signs access tokens. */
export abstract class AccessTokens {
  abstract sign(
    claims: { readonly userId: string; readonly sessionId: string; readonly deviceId: string },
    now: Date,
    expiresAt: Date,
  ): Promise<string>
}
