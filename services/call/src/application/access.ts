import { createHmac } from 'node:crypto'
import type { TokenSigner } from '@beseda/platform'
import { timestampFromDate } from '@bufbuild/protobuf/wkt'
import { type CallSession, type Device, isSame } from '../domain/session.js'

const TOKEN_MS = 10 * 60_000

export interface IceConfig {
  readonly stunUrls: readonly string[]
  /** Every URL is a server of its own: when one is down, another relays. */
  readonly turnUrls: readonly string[]
  /** Shared with the TURN servers (`static-auth-secret`). */
  readonly turnSecret: string | undefined
  /** Everybody's address is hidden: calls go through the relays only. */
  readonly relayOnly: boolean
  /** Life of the credentials. Clients ask for new ones at half of it. */
  readonly turnTtlMs: number
}

/** What a participant needs in order to connect: the right to signal, and servers that find a way. */
export class CallAccess {
  constructor(
    private readonly signer: TokenSigner,
    private readonly ice: IceConfig,
  ) {}

  async issue(session: CallSession, { userId, deviceId }: Device, now: Date) {
    const expiresAt = new Date(now.getTime() + TOKEN_MS)
    const { relayOnly } = this.ice
    const epoch = session.participants.find((one) => isSame(one, { userId, deviceId }))?.epoch ?? 0
    const claims = { sub: userId, did: deviceId, call: session.id, grp: session.groupId, epo: epoch, rel: relayOnly }
    const { iceServers, expiresAt: iceExpiresAt } = this.iceServers(userId, now)
    return {
      token: await this.signer.sign('call', claims, now, expiresAt),
      expiresAt: timestampFromDate(expiresAt),
      iceServers,
      iceExpiresAt,
      relayOnly,
      renewAfterMs: Math.min(TOKEN_MS, this.ice.turnTtlMs) / 2,
    }
  }

  get jwks(): string {
    return JSON.stringify(this.signer.jwks)
  }

  /** TURN REST credentials: the name carries the end of life, the password is its HMAC-SHA1 (draft-uberti-behave-turn-rest). */
  iceServers(userId: string, now: Date) {
    const { stunUrls, turnUrls, turnSecret, turnTtlMs } = this.ice
    const expiresAt = new Date(now.getTime() + turnTtlMs)
    const stun = stunUrls.length > 0 ? [{ urls: [...stunUrls], username: '', credential: '' }] : []
    if (!turnSecret) return { iceServers: stun, expiresAt: timestampFromDate(expiresAt) }
    const username = `${Math.floor(expiresAt.getTime() / 1000)}:${userId}`
    const credential = createHmac('sha1', turnSecret).update(username).digest('base64')
    const turn = turnUrls.map((url) => ({ urls: [url], username, credential }))
    return { iceServers: [...stun, ...turn], expiresAt: timestampFromDate(expiresAt) }
  }
}

const list = (text: string | undefined): string[] =>
  (text ?? '')
    .split(',')
    .map((url) => url.trim())
    .filter((url) => url !== '')

/** STUN_URLS, TURN_URLS (comma-separated), TURN_SECRET, TURN_TTL_S (1 h) and CALLS_RELAY_ONLY of the environment. Errors: what cannot work. */
export function readIceConfig(env: Readonly<Record<string, string | undefined>> = process.env): IceConfig {
  const seconds = Number(env.TURN_TTL_S || 3_600)
  if (!Number.isInteger(seconds) || seconds < 10 || seconds > 86_400) throw new Error('TURN_TTL_S: 10 to 86400')
  const [turnUrls, turnSecret] = [list(env.TURN_URLS), env.TURN_SECRET || undefined]
  const relayOnly = env.CALLS_RELAY_ONLY === 'true'
  if (relayOnly && (turnUrls.length === 0 || !turnSecret)) {
    throw new Error('CALLS_RELAY_ONLY: needs TURN_URLS and TURN_SECRET')
  }
  return {
    stunUrls: list(env.STUN_URLS),
    turnUrls,
    turnSecret,
    relayOnly,
    turnTtlMs: seconds * 1000,
  }
}
