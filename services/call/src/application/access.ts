import { createHmac } from 'node:crypto'
import type { TokenSigner } from '@beseda/platform'
import { timestampFromDate } from '@bufbuild/protobuf/wkt'
import type { CallSession, Device } from '../domain/call.js'

const TOKEN_MS = 10 * 60_000
/** Life of TURN credentials. A relay checks them at every allocation and refresh, so they outlive the longest call. */
const TURN_MS = 12 * 3_600_000

export interface IceConfig {
  readonly stunUrls: readonly string[]
  readonly turnUrls: readonly string[]
  /** Shared with the TURN server (`static-auth-secret`). */
  readonly turnSecret: string | undefined
}

/** What a participant needs in order to connect: the right to signal, and servers that find a way. */
export class CallAccess {
  constructor(
    private readonly signer: TokenSigner,
    private readonly ice: IceConfig,
  ) {}

  async issue(session: CallSession, { userId, deviceId }: Device, now: Date) {
    const expiresAt = new Date(now.getTime() + TOKEN_MS)
    const claims = { sub: userId, did: deviceId, call: session.id, grp: session.groupId }
    return {
      token: await this.signer.sign('call', claims, now, expiresAt),
      expiresAt: timestampFromDate(expiresAt),
      iceServers: this.#iceServers(userId, now),
    }
  }

  get jwks(): string {
    return JSON.stringify(this.signer.jwks)
  }

  /** TURN REST credentials: the name carries the end of life, the password is its HMAC-SHA1 (draft-uberti-behave-turn-rest). */
  #iceServers(userId: string, now: Date) {
    const { stunUrls, turnUrls, turnSecret } = this.ice
    const servers = stunUrls.length > 0 ? [{ urls: [...stunUrls], username: '', credential: '' }] : []
    if (turnUrls.length === 0 || !turnSecret) return servers
    const username = `${Math.floor((now.getTime() + TURN_MS) / 1000)}:${userId}`
    const credential = createHmac('sha1', turnSecret).update(username).digest('base64')
    return [...servers, { urls: [...turnUrls], username, credential }]
  }
}

const list = (text: string | undefined): string[] => (text ? text.split(',').map((url) => url.trim()) : [])

/** STUN_URLS, TURN_URLS (comma-separated) and TURN_SECRET of the environment. */
export const readIceConfig = (env: Readonly<Record<string, string | undefined>> = process.env): IceConfig => ({
  stunUrls: list(env.STUN_URLS),
  turnUrls: list(env.TURN_URLS),
  turnSecret: env.TURN_SECRET || undefined,
})
