/** A signed-in device of a person, as it is stored. Times in Unix ms. */
export interface Session {
  readonly deviceId: string
  readonly deviceName: string
  readonly openedAt: number
  readonly lastUsedAt: number
  /** Counts the refresh tokens that were given out. Only the newest one is valid. */
  readonly generation: number
  /** The token that was last used; undefined in sessions stored before this field: the one before the newest. */
  readonly usedGeneration?: number
  /** When the newest token was first given out. */
  readonly rotatedAt: number
}

/**
 * How long the token that was last used gets the newest token again instead of a new one: its answer may have been lost, or two windows
 * refresh at once. Longer: a thief with the same token shares it for longer; shorter: two windows get different tokens.
 */
export const REPEAT_MS = 20_000

export const openSession = (deviceId: string, deviceName: string, now: number): Session => ({
  deviceId,
  deviceName,
  openedAt: now,
  lastUsedAt: now,
  generation: 1,
  usedGeneration: 0,
  rotatedAt: now,
})

export type Rotation =
  /** Store this session and give out its newest token. */
  | { readonly kind: 'rotated'; readonly session: Session }
  /** Give out the newest token again. */
  | { readonly kind: 'repeated'; readonly session: Session }
  /** A token came back that cannot be in honest hands any more: somebody copied one. The session must end. */
  | { readonly kind: 'reused' }

/**
 * What presenting the refresh token of a generation means (RFC 9700, section 4.14.2: rotation with detection of reuse).
 *
 * The token that was last used may come back at any time while its successor was never used: the answer with the successor was lost, or
 * came too late. It gets a new successor and the lost one becomes void. Should that one be presented after all, two devices hold tokens of
 * the session, and it ends.
 */
export function rotate(session: Session, generation: number, now: number): Rotation {
  const { generation: newest, usedGeneration = newest - 1, rotatedAt } = session
  if (generation !== newest && generation !== usedGeneration) return { kind: 'reused' }
  if (generation === usedGeneration && now - rotatedAt <= REPEAT_MS) return { kind: 'repeated', session }
  const next = { generation: newest + 1, usedGeneration: generation, rotatedAt: now, lastUsedAt: now }
  return { kind: 'rotated', session: { ...session, ...next } }
}
