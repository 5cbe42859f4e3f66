import { ErrorReason } from '@beseda/proto/common/v1/errors'
import type { Tokens } from '@beseda/proto/identity/v1/identity_service'
import { timestampMs } from '@bufbuild/protobuf/wkt'
import type { Credentials } from './caller.js'
import { BesedaError } from './errors.js'

/** How long before it expires a token is renewed: longer than a request takes. */
const MARGIN_MS = 60_000

/** A session that a person has opened (`SignIn`, `Register`), for a program that acts as that person. */
export interface Session {
  /** Works once: the one to keep for the next run is in `renewed`. */
  readonly refreshToken: string
  /** Called with every new pair of tokens; the next request waits until they are kept. One that throws is called again with the same pair. */
  readonly renewed: (tokens: Tokens) => void | Promise<void>
}

export interface LinkCredentials extends Credentials {
  /** When the token has to be renewed on an open connection, ms from now; undefined: never. */
  renewInMs(): number | undefined
}

/** The token of a bot stays as it is until somebody replaces it; without one only methods for everybody can be called. */
export const fixedToken = (token: string | undefined): LinkCredentials => ({
  access: async () => token,
  refused: () => false,
  renewInMs: () => undefined,
})

/** When the token was made, by the clock of the server, Unix ms. */
function issuedAt(accessToken: string): number | undefined {
  const claims = accessToken.split('.')[1]?.replaceAll('-', '+').replaceAll('_', '/') ?? ''
  const { iat } = JSON.parse(atob(claims)) as { iat?: number }
  return iat === undefined ? undefined : iat * 1_000
}

interface Access {
  readonly token: string
  /** By the clock of this machine, which may be wrong about the hour and still measures minutes. */
  readonly renewAt: number
}

/** The tokens of a session, renewed before they expire. `refresh` asks the server for the next pair. */
export class SessionTokens implements LinkCredentials {
  #refreshToken: string
  #access: Access | undefined
  /** A new pair that the program has not kept yet. */
  #unkept: { readonly tokens: Tokens; readonly access: Access } | undefined
  #renewing: Promise<string> | undefined

  constructor(
    private readonly session: Session,
    private readonly refresh: (refreshToken: string) => Promise<Tokens | undefined>,
  ) {
    this.#refreshToken = session.refreshToken
  }

  async access(): Promise<string> {
    const known = this.#access
    if (known && known.renewAt > performance.now()) return known.token
    // Refresh tokens work once: all who ask at the same time wait for one renewal.
    this.#renewing ??= this.#renew().finally(() => {
      this.#renewing = undefined
    })
    return this.#renewing
  }

  refused(token: string): boolean {
    if (this.#access?.token === token) this.#access = undefined
    return true
  }

  renewInMs(): number | undefined {
    return this.#access && this.#access.renewAt - performance.now()
  }

  /** The new pair is used when it is kept: until then the server takes the refresh token before it. One that could not be kept is given again. */
  async #renew(): Promise<string> {
    this.#unkept ??= await this.#next()
    const { tokens, access } = this.#unkept
    await this.session.renewed(tokens)
    this.#unkept = undefined
    this.#access = access
    return access.token
  }

  async #next() {
    const tokens = await this.refresh(this.#refreshToken)
    if (!tokens?.accessExpiresAt) throw new BesedaError(ErrorReason.UNAUTHENTICATED)
    const expiresAt = timestampMs(tokens.accessExpiresAt)
    this.#refreshToken = tokens.refreshToken
    const lifeMs = expiresAt - (issuedAt(tokens.accessToken) ?? expiresAt - 2 * MARGIN_MS)
    // Of a token that lives for a minute only, half of that.
    const renewAt = performance.now() + lifeMs - Math.min(MARGIN_MS, lifeMs / 2)
    return { tokens, access: { token: tokens.accessToken, renewAt } }
  }
}
