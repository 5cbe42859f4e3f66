import { createRemoteJWKSet, type JWTVerifyGetKey, jwtVerify } from 'jose'
import * as oidc from 'openid-client'
import type { OidcProviders, ProviderPerson, ProviderSecrets } from '../../application/external/ports.js'
import type { IdentityConfig, ProviderConfig } from '../../config.js'
import { providerRoles } from '../../domain/sign-in/provider-roles.js'

const TIMEOUT_S = 8
/** How long a provider's own description is used before it is fetched again. */
const DISCOVERED_MS = 60 * 60_000
/** The shortest time between two fetches of a provider's keys. Longer: new keys are found later; shorter: forged tokens cause more requests. */
const JWKS_COOLDOWN_MS = 1_000

interface Discovered {
  readonly config: oidc.Configuration
  readonly keys: JWTVerifyGetKey
  readonly until: number
}

/** OpenID Connect providers: authorization code with PKCE, state and nonce (OpenID Connect Core 1.0, RFC 7636, RFC 9207). */
export class OpenIdProviders implements OidcProviders {
  readonly #discovered = new Map<string, Promise<Discovered>>()

  constructor(private readonly config: IdentityConfig['oidc']) {}

  list() {
    return this.config.providers.map(({ id, name }) => ({ id, name }))
  }

  async start(providerId: string) {
    const entry = this.#entry(providerId)
    if (!entry) return undefined
    const { config } = await this.#discover(entry)
    const [verifier, state, nonce] = [oidc.randomPKCECodeVerifier(), oidc.randomState(), oidc.randomNonce()]
    const url = oidc.buildAuthorizationUrl(config, {
      redirect_uri: this.config.redirectUri,
      scope: entry.scope ?? 'openid profile email',
      code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
      state,
      nonce,
    })
    return { url: url.href, verifier, state, nonce }
  }

  async finish(
    providerId: string,
    expected: ProviderSecrets,
    answer: { readonly code: string; readonly state: string; readonly iss: string },
  ): Promise<ProviderPerson> {
    const entry = this.#entry(providerId)
    if (!entry) throw new Error(`provider ${providerId} is not configured any more`)
    const { config, keys } = await this.#discover(entry)
    const url = new URL(this.config.redirectUri)
    for (const [name, value] of Object.entries(answer)) if (value !== '') url.searchParams.set(name, value)
    const tokens = await oidc.authorizationCodeGrant(config, url, {
      pkceCodeVerifier: expected.verifier,
      expectedState: expected.state,
      expectedNonce: expected.nonce,
      idTokenExpected: true,
    })
    const { issuer } = config.serverMetadata()
    // The library has checked issuer, audience, nonce and times. This checks the signature, with keys that may have changed since.
    const verified = await jwtVerify(tokens.id_token ?? '', keys, { issuer, audience: entry.clientId })
    const subject = verified.payload.sub
    if (!subject) throw new Error('the ID token has no subject')
    const claims = { ...(await this.#userInfo(config, tokens, subject, entry)), ...verified.payload }
    requireWhole(claims, entry)
    const text = (name: string) => (typeof claims[name] === 'string' ? claims[name] : undefined)
    return {
      providerId,
      issuer,
      subject,
      claims: { preferred_username: text('preferred_username'), email: text('email'), name: text('name') },
      roles: providerRoles(claims, entry.groups),
    }
  }

  /** Some providers tell the name only here. */
  async #userInfo(
    config: oidc.Configuration,
    { access_token: token }: { readonly access_token: string },
    subject: string,
    { groups }: ProviderConfig,
  ): Promise<Record<string, unknown>> {
    if (!config.serverMetadata().userinfo_endpoint) return {}
    return oidc.fetchUserInfo(config, token, subject).catch((error: unknown) => {
      // For a name the claims of the ID token are enough. Without an answer nobody is taken for somebody who is in no group.
      if (groups) throw error
      return {}
    })
  }

  #entry(providerId: string): ProviderConfig | undefined {
    return this.config.providers.find(({ id }) => id === providerId)
  }

  async #discover(entry: ProviderConfig): Promise<Discovered> {
    const known = await this.#discovered.get(entry.id)
    if (known && known.until > performance.now()) return known
    const asked = this.#ask(entry)
    this.#discovered.set(entry.id, asked)
    // The caller gets the error; the next one asks again.
    asked.catch(() => this.#discovered.delete(entry.id))
    return asked
  }

  async #ask({ issuer, clientId, clientSecret }: ProviderConfig): Promise<Discovered> {
    const authentication = clientSecret ? oidc.ClientSecretPost(clientSecret) : oidc.None()
    const config = await oidc.discovery(new URL(issuer), clientId, clientSecret, authentication, {
      timeout: TIMEOUT_S,
      execute: this.config.allowHttp ? [oidc.allowInsecureRequests] : [],
    })
    const jwks = config.serverMetadata().jwks_uri
    if (!jwks) throw new Error(`${issuer} publishes no keys`)
    const keys = createRemoteJWKSet(new URL(jwks), {
      cooldownDuration: JWKS_COOLDOWN_MS,
      timeoutDuration: TIMEOUT_S * 1_000,
    })
    return { config, keys, until: performance.now() + DISCOVERED_MS }
  }
}

/** Some providers leave out a list of groups that is long, and name another place for it: that is not "in no group" (OpenID Connect Core 1.0, 5.6.2). */
function requireWhole(claims: Readonly<Record<string, unknown>>, { id, groups }: ProviderConfig): void {
  const elsewhere = claims._claim_names
  const [name = ''] = groups?.claim.split('.') ?? []
  if (groups && typeof elsewhere === 'object' && elsewhere !== null && Object.hasOwn(elsewhere, name)) {
    throw new Error(`provider ${id} tells the groups of a person elsewhere (_claim_names): let it send fewer of them`)
  }
}
