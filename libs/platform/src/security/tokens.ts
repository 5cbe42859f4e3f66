import { createPrivateKey, createPublicKey, type KeyObject, sign as signBytes } from 'node:crypto'
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
} from 'jose'

const ISSUER = 'beseda'

/** Signs tokens with Ed25519 (EdDSA, RFC 8037) and publishes the keys that verify them. */
export class TokenSigner {
  private constructor(
    private readonly key: KeyObject,
    private readonly keyId: string,
    readonly jwks: JSONWebKeySet,
  ) {}

  /** Errors: a sentence when the file is missing or holds no Ed25519 key. */
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

  /**
   * A signed JWT. Signs on the caller's thread (some 50 µs): on the thread pool it would wait behind every password that is being hashed.
   */
  async sign(audience: string, claims: JWTPayload, now: Date, expiresAt: Date): Promise<string> {
    const times = { iat: secondsOf(now), exp: secondsOf(expiresAt) }
    const parts = [
      { alg: 'EdDSA', kid: this.keyId },
      { ...claims, iss: ISSUER, aud: audience, ...times },
    ]
    const text = parts.map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')
    return `${text}.${signBytes(null, Buffer.from(text), this.key).toString('base64url')}`
  }
}

/** NumericDate of RFC 7519. */
const secondsOf = (time: Date): number => Math.floor(time.getTime() / 1000)

/** Minimum time between two fetches of keys that tokens with an unknown key cause: forged tokens must not flood identity. */
const REFRESH_MS = 5_000
/** Interval at which the age of the keys is checked, and after which a failed fetch is repeated. */
const CHECK_MS = 15_000
/** Age at which keys are fetched again, so that a withdrawn key is trusted for five minutes at most. Shorter: identity gets more requests. */
const MAX_AGE_MS = 5 * 60_000 - CHECK_MS

type Keys = ReturnType<typeof createLocalJWKSet>

/** Verifies tokens with keys that another service publishes. The first token with a new key makes it fetch that key. */
export class TokenVerifier {
  #jwks = ''
  #keys: Keys | undefined
  #fetchedAt = Number.NEGATIVE_INFINITY
  #fetching: Promise<Keys> | undefined
  #generation = 0

  /** `fetchKeys` resolves to the JWKS as JSON. */
  constructor(private readonly fetchKeys: () => Promise<string>) {}

  /** Changes whenever the keys change. A result that was verified with an older generation must be verified again. */
  get generation(): number {
    return this.#generation
  }

  /** Resolves to the claims. Errors: UNAUTHENTICATED, TOKEN_EXPIRED; those of `fetchKeys` while no keys have been fetched. */
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
   * Fetches the keys again in the background when they reach MAX_AGE_MS; no token waits for it. While fetches fail, the last keys stay
   * in use. Returns a function that stops it.
   */
  keepFresh(onFailure: (error: unknown) => void): () => void {
    const timer = setInterval(() => {
      if (performance.now() - this.#fetchedAt >= MAX_AGE_MS) this.#fetch().catch(onFailure)
    }, CHECK_MS)
    return () => clearInterval(timer)
  }

  async #verify(token: string, audience: string, keys: Keys): Promise<JWTPayload> {
    const { payload } = await jwtVerify(token, keys, { issuer: ISSUER, audience, algorithms: ['EdDSA'] })
    return payload
  }

  /** One fetch at a time, shared by all callers. */
  #fetch(): Promise<Keys> {
    this.#fetching ??= this.#load().finally(() => {
      this.#fetching = undefined
    })
    return this.#fetching
  }

  async #load(): Promise<Keys> {
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
