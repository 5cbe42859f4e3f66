import { createHmac } from 'node:crypto'

/** Name and secret of a key that the nodes know. */
export interface ApiKey {
  readonly key: string
  readonly secret: string
}

/** A token of LiveKit: a JWT (HS256) with the grants in claim `video` (docs.livekit.io, "Access tokens"). */
export function livekitToken(
  { key, secret }: ApiKey,
  grants: Record<string, unknown>,
  { now, expiresAt, identity }: { readonly now: Date; readonly expiresAt: Date; readonly identity?: string },
): string {
  const claims = {
    iss: key,
    ...(identity === undefined ? {} : { sub: identity }),
    // A node whose clock is a little behind takes it, too.
    nbf: secondsOf(now) - 60,
    exp: secondsOf(expiresAt),
    video: grants,
  }
  const signed = [{ alg: 'HS256', typ: 'JWT' }, claims].map((part) => base64url(JSON.stringify(part))).join('.')
  return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`
}

const secondsOf = (date: Date): number => Math.floor(date.getTime() / 1_000)
const base64url = (text: string): string => Buffer.from(text).toString('base64url')
