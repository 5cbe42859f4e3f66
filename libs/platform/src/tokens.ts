import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { Refusal } from '@beseda/kernel'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import {
  calculateJwkThumbprint,
  createLocalJWKSet,
  errors,
  exportJWK,
  type JSONWebKeySet,
  type JWTPayload,
  jwtVerify,
  SignJWT,
} from 'jose'

const ISSUER = 'beseda'

/** Signs tokens with Ed25519 (EdDSA, RFC 8037) and publishes the keys that verify them. */
export class TokenSigner {
  private constructor(
    private readonly key: KeyObject,
    private readonly keyId: string,
    readonly jwks: JSONWebKeySet,
  ) {}

  static async read(file: string | undefined): Promise<TokenSigner> {
    if (!file) throw new Error('SIGNING_KEY_FILE is not set: an Ed25519 private key in PKCS#8 PEM')
    return TokenSigner.of(createPrivateKey(readFileSync(file)))
  }

  static async of(key: KeyObject): Promise<TokenSigner> {
    if (key.asymmetricKeyType !== 'ed25519') throw new Error('SIGNING_KEY_FILE must hold an Ed25519 private key')
    const jwk = await exportJWK(createPublicKey(key))
    const kid = await calculateJwkThumbprint(jwk)
    return new TokenSigner(key, kid, { keys: [{ ...jwk, kid, alg: 'EdDSA', use: 'sig' }] })
  }

  sign(audience: string, claims: JWTPayload, now: Date, expiresAt: Date): Promise<string> {
    return new SignJWT(claims)
      .setProtectedHeader({ alg: 'EdDSA', kid: this.keyId })
      .setIssuer(ISSUER)
      .setAudience(audience)
      .setIssuedAt(Math.floor(now.getTime() / 1000))
      .setExpirationTime(Math.floor(expiresAt.getTime() / 1000))
      .sign(this.key)
  }
}

/** How often keys are asked for again because of a token with an unknown key. */
const REFRESH_MS = 5_000
/** How often the age of keys is looked at, and how soon a failed question is asked again. */
const LOOK_MS = 15_000
/** From this age on they are asked for again, so that one that was withdrawn is trusted for five minutes. Shorter, and identity is asked more often. */
const MAX_AGE_MS = 5 * 60_000 - LOOK_MS

type Keys = ReturnType<typeof createLocalJWKSet>

/** Verifies tokens with keys that another service publishes. A new key is found by the first token that names it. */
export class TokenVerifier {
  #jwks = ''
  #keys: Keys | undefined
  #fetchedAt = Number.NEGATIVE_INFINITY
  #fetching: Promise<Keys> | undefined
  #generation = 0

  /** `fetchKeys` gives the JWKS as JSON. */
  constructor(private readonly fetchKeys: () => Promise<string>) {}

  /** Another number whenever the keys are others: what was checked with those before is to be checked again. */
  get generation(): number {
    return this.#generation
  }

  /** The claims. Errors: UNAUTHENTICATED, TOKEN_EXPIRED; UNAVAILABLE as long as the keys were never fetched. */
  async verify(token: string, audience: string): Promise<JWTPayload> {
    try {
      return await this.#verify(token, audience, this.#keys ?? (await this.#fetch()))
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey) || performance.now() - this.#fetchedAt < REFRESH_MS)
        throw refusal(error)
    }
    return await this.#verify(token, audience, await this.#fetch()).catch((error: unknown) => {
      throw refusal(error)
    })
  }

  /**
   * From now on keys of some age are asked for again beside the work, which no token waits for. Those that were fetched last are good
   * as long as nobody answers. Returns what ends it.
   */
  keepFresh(onFailure: (error: unknown) => void): () => void {
    const timer = setInterval(() => {
      if (performance.now() - this.#fetchedAt >= MAX_AGE_MS) this.#fetch().catch(onFailure)
    }, LOOK_MS)
    return () => clearInterval(timer)
  }

  async #verify(token: string, audience: string, keys: Keys): Promise<JWTPayload> {
    const { payload } = await jwtVerify(token, keys, { issuer: ISSUER, audience, algorithms: ['EdDSA'] })
    return payload
  }

  /** One question at a time, whoever wants to know. */
  #fetch(): Promise<Keys> {
    this.#fetching ??= this.#ask().finally(() => {
      this.#fetching = undefined
    })
    return this.#fetching
  }

  async #ask(): Promise<Keys> {
    const jwks = await this.fetchKeys()
    if (!this.#keys || jwks !== this.#jwks) {
      this.#keys = createLocalJWKSet(JSON.parse(jwks) as JSONWebKeySet)
      this.#jwks = jwks
      this.#generation++
    }
    this.#fetchedAt = performance.now()
    return this.#keys
  }
}

function refusal(error: unknown): unknown {
  if (error instanceof errors.JWTExpired) return new Refusal(ErrorReason.TOKEN_EXPIRED)
  if (error instanceof errors.JOSEError) return new Refusal(ErrorReason.UNAUTHENTICATED)
  return error
}
