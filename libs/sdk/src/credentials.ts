import { ErrorReason } from '@beseda/proto/common/v1/errors'
import type { Tokens } from '@beseda/proto/identity/v1/identity_service'
import { timestampMs } from '@bufbuild/protobuf/wkt'
import type { Credentials } from './caller.js'
import { BesedaError } from './errors.js'

/** A token is renewed so long before it expires: longer than a request takes. */
const MARGIN_MS = 60_000

/** A session that a person has opened (`SignIn`, `Register`), for a program that acts as that person. */
export interface Session {
  /** Works once: the one to keep for the next run is in `renewed`. */
  readonly refreshToken: string
  /** Called with every new pair of tokens; the next request waits until they are kept. */
  readonly renewed: (tokens: Tokens) => void | Promise<void>
}

export interface LinkCredentials extends Credentials {
  expiresInMs(): number | undefined
}

/** The token of a bot stays as it is until somebody replaces it; without one only methods for everybody can be called. */
export const fixedToken = (token: string | undefined): LinkCredentials => ({
  access: async () => token,
  refused: () => false,
  expiresInMs: () => undefined,
})

/** When the token was made, by the clock of the server, Unix ms. */
function issuedAt(accessToken: string): number | undefined {
  const claims = accessToken.split('.')[1]?.replaceAll('-', '+').replaceAll('_', '/') ?? ''
  const { iat } = JSON.parse(atob(claims)) as { iat?: number }
  return iat === undefined ? undefined : iat * 1_000
}

/** The tokens of a session, renewed before they expire. `refresh` asks the server for the next pair. */
export class SessionTokens implements LinkCredentials {
  #refreshToken: string
  #access: { readonly token: string; readonly endsAt: number } | undefined
  #renewing: Promise<string> | undefined

  constructor(
    private readonly session: Session,
    private readonly refresh: (refreshToken: string) => Promise<Tokens | undefined>,
  ) {
    this.#refreshToken = session.refreshToken
  }

  async access(): Promise<string> {
    const known = this.#access
    if (known && known.endsAt - performance.now() > MARGIN_MS / 2) return known.token
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

  expiresInMs(): number | undefined {
    return this.#access && this.#access.endsAt - performance.now()
  }

  async #renew(): Promise<string> {
    const tokens = await this.refresh(this.#refreshToken)
    if (!tokens?.accessExpiresAt) throw new BesedaError(ErrorReason.UNAUTHENTICATED)
    const expiresAt = timestampMs(tokens.accessExpiresAt)
    this.#refreshToken = tokens.refreshToken
    // By the clock of this machine, which may be wrong about the hour and still measures minutes.
    const lifeMs = expiresAt - (issuedAt(tokens.accessToken) ?? expiresAt - 2 * MARGIN_MS)
    this.#access = { token: tokens.accessToken, endsAt: performance.now() + lifeMs }
    await this.session.renewed(tokens)
    return tokens.accessToken
  }
}
