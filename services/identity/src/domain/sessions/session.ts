/** A person's signed-in device, as kept in the bucket. Times in Unix ms. */
export interface Session {
  readonly deviceId: string
  readonly deviceName: string
  readonly openedAt: number
  readonly lastUsedAt: number
  /** Counts the refresh tokens given out; only the newest one works. */
  readonly generation: number
  readonly rotatedAt: number
}

/** How long the token before the newest still gets the newest one: its answer may have been lost on the way. */
export const ROTATION_GRACE_MS = 20_000

export const openSession = (deviceId: string, deviceName: string, now: number): Session => ({
  deviceId,
  deviceName,
  openedAt: now,
  lastUsedAt: now,
  generation: 1,
  rotatedAt: now,
})

export type Rotation =
  /** Store this session and give its token. */
  | { readonly kind: 'rotated'; readonly session: Session }
  /** Give the token of the present generation again. */
  | { readonly kind: 'repeated'; readonly session: Session }
  /** An old token came back: somebody copied it. The session must end. */
  | { readonly kind: 'reused' }

/** What presenting the refresh token of a generation means (RFC 9700, section 4.14.2: rotation with reuse detection). */
export function rotate(session: Session, generation: number, now: number): Rotation {
  if (generation === session.generation) {
    return {
      kind: 'rotated',
      session: { ...session, generation: generation + 1, rotatedAt: now, lastUsedAt: now },
    }
  }
  const lostAnswer = generation === session.generation - 1 && now - session.rotatedAt <= ROTATION_GRACE_MS
  return lostAnswer ? { kind: 'repeated', session } : { kind: 'reused' }
}
