import { createHmac } from 'node:crypto'
import { timestampFromDate } from '@bufbuild/protobuf/wkt'
import { type CallSession, type Device, isSame } from '../domain/session.js'
import type { CallTokens, Sfu } from './ports.js'
import { roomOf } from './sfu-rooms.js'

const TOKEN_MS = 10 * 60_000

/** STUN and TURN servers of the installation. */
export interface IceConfig {
  readonly stunUrls: readonly string[]
  /** Each URL is a server of its own: when one is down, another relays. */
  readonly turnUrls: readonly string[]
  /** Shared with the TURN servers (coturn's `static-auth-secret`). */
  readonly turnSecret: string | undefined
  /** Participants never learn each other's addresses: media passes relays only. */
  readonly relayOnly: boolean
  /** Lifetime of TURN credentials. Clients ask for new ones at half of it. */
  readonly turnTtlMs: number
}

/** What a participant needs to connect: a token that lets the device signal, STUN and TURN servers, and the way into the room on the SFU, if there is one. */
export class CallAccess {
  constructor(
    private readonly tokens: CallTokens,
    private readonly ice: IceConfig,
    private readonly sfu: Pick<Sfu, 'accessTo'>,
  ) {}

  /**
   * Decides, for everybody, whether media may pass relays only: when the participant or the installation wants it. The token carries the
   * decision to gateways, the answer to the client. `hidden`: the participant wants it.
   */
  async issue(session: CallSession, { userId, deviceId }: Device, hidden: boolean, now: Date) {
    const expiresAt = new Date(now.getTime() + TOKEN_MS)
    const relayOnly = hidden || this.ice.relayOnly
    const epoch = session.participants.find((one) => isSame(one, { userId, deviceId }))?.epoch ?? 0
    const claims = { sub: userId, did: deviceId, call: session.id, grp: session.groupId, epo: epoch, rel: relayOnly }
    const room = roomOf(session)
    const { iceServers, expiresAt: iceExpiresAt } = this.iceServers(userId, now)
    return {
      token: await this.tokens.sign('call', claims, now, expiresAt),
      expiresAt: timestampFromDate(expiresAt),
      iceServers,
      iceExpiresAt,
      relayOnly,
      renewAfterMs: Math.min(TOKEN_MS, this.ice.turnTtlMs) / 2,
      ...(room ? { sfu: this.sfu.accessTo(room, { userId, deviceId }, now, expiresAt) } : {}),
    }
  }

  get jwks(): string {
    return JSON.stringify(this.tokens.jwks)
  }

  /** TURN REST credentials: the username carries the expiry, the password is its HMAC-SHA1 (draft-uberti-behave-turn-rest). */
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
