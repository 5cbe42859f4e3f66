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

/** Verifies tokens with keys that another service publishes. A new key is found by the first token that names it. */
export class TokenVerifier {
  #keys: ReturnType<typeof createLocalJWKSet> | undefined
  #fetchedAt = Number.NEGATIVE_INFINITY

  /** `fetchKeys` gives the JWKS as JSON. */
  constructor(private readonly fetchKeys: () => Promise<string>) {}

  /** The claims. Errors: UNAUTHENTICATED, TOKEN_EXPIRED; UNAVAILABLE as long as the keys were never fetched. */
  async verify(token: string, audience: string): Promise<JWTPayload> {
    try {
      return await this.#verify(token, audience, await this.#current())
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey) || performance.now() - this.#fetchedAt < REFRESH_MS)
        throw refusal(error)
    }
    this.#keys = undefined
    return await this.#verify(token, audience, await this.#current()).catch((error: unknown) => {
      throw refusal(error)
    })
  }

  async #verify(token: string, audience: string, keys: ReturnType<typeof createLocalJWKSet>): Promise<JWTPayload> {
    const { payload } = await jwtVerify(token, keys, { issuer: ISSUER, audience, algorithms: ['EdDSA'] })
    return payload
  }

  async #current() {
    if (!this.#keys) {
      this.#keys = createLocalJWKSet(JSON.parse(await this.fetchKeys()) as JSONWebKeySet)
      this.#fetchedAt = performance.now()
    }
    return this.#keys
  }
}

function refusal(error: unknown): unknown {
  if (error instanceof errors.JWTExpired) return new Refusal(ErrorReason.TOKEN_EXPIRED)
  if (error instanceof errors.JOSEError) return new Refusal(ErrorReason.UNAUTHENTICATED)
  return error
}
