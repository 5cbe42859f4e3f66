import { timingSafeEqual } from 'node:crypto'
import type { InstallationSecret } from '@beseda/platform'

export interface RefreshTokenParts {
  readonly userId: string
  readonly sessionId: string
  readonly generation: number
}

/**
 * A refresh token holds its session, its generation and a keyed hash of both: nothing secret is stored, and the answer to a lost response
 * can be computed again.
 */
export class RefreshTokens {
  constructor(private readonly secret: InstallationSecret) {}

  issue({ userId, sessionId, generation }: RefreshTokenParts): string {
    const text = `${userId}.${sessionId}.${generation}`
    return `${text}.${this.#mac(text).toString('base64url')}`
  }

  /** Undefined: not a token that this installation issued. */
  parse(token: string): RefreshTokenParts | undefined {
    const [userId, sessionId, generation, mac, ...rest] = token.split('.')
    if (!userId || !sessionId || !generation || !mac || rest.length > 0) return undefined
    const expected = this.#mac(`${userId}.${sessionId}.${generation}`)
    const presented = Buffer.from(mac, 'base64url')
    if (presented.length !== expected.length || !timingSafeEqual(presented, expected)) return undefined
    return { userId, sessionId, generation: Number(generation) }
  }

  #mac(text: string): Buffer {
    return this.secret.hash('refresh token', text)
  }
}
