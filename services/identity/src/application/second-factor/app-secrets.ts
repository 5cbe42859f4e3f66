import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { decrypt, encrypt, type InstallationSecret } from '@beseda/platform'
import { codeOf, counterOf, SECRET_BYTES, stepsAt } from '../../domain/second-factor/one-time-code.js'

/**
 * Secrets of authenticator apps. The log holds them encrypted with a key of the installation's secret, each for its own account: whoever has
 * the log alone can compute no code, and whoever can write to it cannot put the secret of one account into another (ADR 106).
 */
export class AppSecrets {
  readonly #key: Buffer

  constructor(private readonly installation: InstallationSecret) {
    this.#key = installation.key('second factor')
  }

  make(): Buffer {
    return randomBytes(SECRET_BYTES)
  }

  seal(secret: Uint8Array, userId: string): Buffer {
    return encrypt(this.#key, secret, userId)
  }

  /** Undefined: of another account, or sealed before the installation's secret was changed. */
  open(sealedSecret: Uint8Array, userId: string): Buffer | undefined {
    return decrypt(this.#key, sealedSecret, userId)
  }

  /**
   * What marks a right code as used; undefined: it is not the code of this time. The mark is a keyed hash of the secret and the step, so it
   * tells nothing.
   */
  markOf(code: string, secret: Uint8Array, now: number): string | undefined {
    const typed = Buffer.from(code)
    // Each is compared, whichever it is.
    const right = stepsAt(now).filter((step) => {
      const expected = Buffer.from(codeOf(createHmac('sha1', secret).update(counterOf(step)).digest()))
      return expected.length === typed.length && timingSafeEqual(expected, typed)
    })
    const step = right.at(-1)
    if (step === undefined) return undefined
    const parts = JSON.stringify([Buffer.from(secret).toString('base64url'), step])
    return `code-${this.installation.hash('code of a second factor', parts).toString('base64url')}`
  }
}
