import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import type { InstallationSecret } from '@beseda/platform'

/** How long a started sign-in can be finished, unless its purpose takes longer. */
const LIFE_MS = 10 * 60_000
const IV_BYTES = 12
const TAG_BYTES = 16

/**
 * The state of a started sign-in, kept by the browser in sealed form (AES-256-GCM): the browser can neither read nor change it, and any
 * replica can finish the sign-in. Valid for ten minutes, if nothing else is said, and for one purpose.
 */
export class Sealed<Contents extends object> {
  readonly #key: Buffer

  constructor(
    secret: InstallationSecret,
    private readonly purpose: string,
    private readonly lifeMs = LIFE_MS,
  ) {
    this.#key = secret.key(`sealed ${purpose}`)
  }

  seal(contents: Contents, now: number): string {
    const iv = randomBytes(IV_BYTES)
    const cipher = createCipheriv('aes-256-gcm', this.#key, iv).setAAD(Buffer.from(this.purpose))
    const text = JSON.stringify({ contents, until: now + this.lifeMs })
    const bytes = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
    return Buffer.concat([iv, cipher.getAuthTag(), bytes]).toString('base64url')
  }

  /** Undefined: not sealed here, changed, or too old. */
  open(sealed: string, now: number): Contents | undefined {
    const bytes = Buffer.from(sealed, 'base64url')
    if (bytes.length <= IV_BYTES + TAG_BYTES) return undefined
    try {
      const decipher = createDecipheriv('aes-256-gcm', this.#key, bytes.subarray(0, IV_BYTES))
        .setAAD(Buffer.from(this.purpose))
        .setAuthTag(bytes.subarray(IV_BYTES, IV_BYTES + TAG_BYTES))
      const text = Buffer.concat([decipher.update(bytes.subarray(IV_BYTES + TAG_BYTES)), decipher.final()]).toString()
      const { contents, until } = JSON.parse(text) as { contents: Contents; until: number }
      return until > now ? contents : undefined
    } catch {
      // Sealed by another key, or forged.
      return undefined
    }
  }
}
