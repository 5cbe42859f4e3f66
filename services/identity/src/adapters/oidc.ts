import { readFileSync } from 'node:fs'
import { createRemoteJWKSet, type JWTVerifyGetKey, jwtVerify } from 'jose'
import * as oidc from 'openid-client'
import type { OidcPerson, OidcProviders } from '../application/external-identities.js'

/** One entry of OIDC_PROVIDERS_FILE. */
interface ProviderEntry {
  readonly id: string
  readonly name: string
  readonly issuer: string
  readonly clientId: string
  readonly clientSecret?: string
  readonly scope?: string
}

const TIMEOUT_S = 8
/** How long what a provider says of itself is believed. */
const DISCOVERED_MS = 60 * 60_000
/** A key that is not known is looked for at once, but not for every forged token. */
const JWKS_COOLDOWN_MS = 1_000

interface Discovered {
  readonly config: oidc.Configuration
  readonly keys: JWTVerifyGetKey
  readonly until: number
}

/** OpenID Connect providers: authorization code with PKCE, state and nonce (OpenID Connect Core 1.0, RFC 7636, RFC 9207). */
export class OpenIdProviders implements OidcProviders {
  readonly #discovered = new Map<string, Promise<Discovered>>()

  constructor(
    private readonly entries: readonly ProviderEntry[],
    /** Where the browser comes back to. */
    private readonly redirectUri: string,
    /** Also providers without TLS: for tests. */
    private readonly allowHttp: boolean,
  ) {}

  list() {
    return this.entries.map(({ id, name }) => ({ id, name }))
  }

  async start(providerId: string) {
    const entry = this.#entry(providerId)
    if (!entry) return undefined
    const { config } = await this.#discover(entry)
    const [verifier, state, nonce] = [oidc.randomPKCECodeVerifier(), oidc.randomState(), oidc.randomNonce()]
    const url = oidc.buildAuthorizationUrl(config, {
      redirect_uri: this.redirectUri,
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
    expected: { readonly verifier: string; readonly state: string; readonly nonce: string },
    answer: { readonly code: string; readonly state: string; readonly iss: string },
  ): Promise<OidcPerson> {
    const entry = this.#entry(providerId)
    if (!entry) throw new Error('the provider is not there any more')
    const { config, keys } = await this.#discover(entry)
    const url = new URL(this.redirectUri)
    for (const [name, value] of Object.entries(answer)) if (value !== '') url.searchParams.set(name, value)
    const tokens = await oidc.authorizationCodeGrant(config, url, {
      pkceCodeVerifier: expected.verifier,
      expectedState: expected.state,
      expectedNonce: expected.nonce,
      idTokenExpected: true,
    })
    const { issuer } = config.serverMetadata()
    // Issuer, audience, nonce and times were checked above; here the signature, with keys that may have changed since.
    const verified = await jwtVerify(tokens.id_token ?? '', keys, { issuer, audience: entry.clientId })
    const subject = verified.payload.sub
    if (!subject) throw new Error('an ID token without a subject')
    const claims = { ...(await this.#userInfo(config, tokens, subject)), ...verified.payload }
    const text = (name: string) => (typeof claims[name] === 'string' ? claims[name] : undefined)
    return {
      providerId,
      issuer,
      subject,
      claims: { preferred_username: text('preferred_username'), email: text('email'), name: text('name') },
    }
  }

  /** Some providers say the name here only. */
  async #userInfo(
    config: oidc.Configuration,
    { access_token: token }: { readonly access_token: string },
    subject: string,
  ): Promise<Record<string, unknown>> {
    if (!config.serverMetadata().userinfo_endpoint) return {}
    return oidc.fetchUserInfo(config, token, subject).catch(() => ({}))
  }

  #entry(providerId: string): ProviderEntry | undefined {
    return this.entries.find(({ id }) => id === providerId)
  }

  async #discover(entry: ProviderEntry): Promise<Discovered> {
    const known = await this.#discovered.get(entry.id)
    if (known && known.until > Date.now()) return known
    const asked = this.#ask(entry)
    this.#discovered.set(entry.id, asked)
    asked.catch(() => this.#discovered.delete(entry.id))
    return asked
  }

  async #ask({ issuer, clientId, clientSecret }: ProviderEntry): Promise<Discovered> {
    const authentication = clientSecret ? oidc.ClientSecretPost(clientSecret) : oidc.None()
    const config = await oidc.discovery(new URL(issuer), clientId, clientSecret, authentication, {
      timeout: TIMEOUT_S,
      execute: this.allowHttp ? [oidc.allowInsecureRequests] : [],
    })
    const jwks = config.serverMetadata().jwks_uri
    if (!jwks) throw new Error(`${issuer} names no keys`)
    const keys = createRemoteJWKSet(new URL(jwks), {
      cooldownDuration: JWKS_COOLDOWN_MS,
      timeoutDuration: TIMEOUT_S * 1_000,
    })
    return { config, keys, until: Date.now() + DISCOVERED_MS }
  }
}

const ID = /^[a-z0-9-]{1,32}$/

/** OIDC_PROVIDERS_FILE: a JSON list of `{id, name, issuer, clientId, clientSecret}`. Errors: a sentence that says what is wrong. */
export function readOidcProviders(
  publicUrl: string | undefined,
  env: Readonly<Record<string, string | undefined>> = process.env,
): OpenIdProviders {
  const file = env.OIDC_PROVIDERS_FILE
  const allowHttp = env.OIDC_ALLOW_HTTP === 'true'
  if (!file) return new OpenIdProviders([], '', allowHttp)
  if (!publicUrl) throw new Error('OIDC_PROVIDERS_FILE needs PUBLIC_URL: where people find this installation')
  const entries: unknown = JSON.parse(readFileSync(file, 'utf8'))
  if (!Array.isArray(entries) || !entries.every(isEntry)) {
    throw new Error(
      `${file} must be a list of {"id", "name", "issuer", "clientId", "clientSecret"}; ids of a-z, 0-9, dash`,
    )
  }
  return new OpenIdProviders(entries, new URL('/sign-in/done', publicUrl).href, allowHttp)
}

function isEntry(entry: unknown): entry is ProviderEntry {
  const { id, name, issuer, clientId } = (entry ?? {}) as Record<string, unknown>
  const texts = [name, issuer, clientId].every((text) => typeof text === 'string' && text !== '')
  return texts && typeof id === 'string' && ID.test(id) && URL.canParse(String(issuer))
}
