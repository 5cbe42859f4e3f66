import { decrypt, encrypt, type InstallationSecret } from '@beseda/platform'

/** How long a started sign-in can be finished, unless its purpose takes longer. */
const LIFE_MS = 10 * 60_000

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
    const text = JSON.stringify({ contents, until: now + this.lifeMs })
    return encrypt(this.#key, Buffer.from(text), this.purpose).toString('base64url')
  }

  /** Undefined: not sealed here, changed, or too old. */
  open(sealed: string, now: number): Contents | undefined {
    const text = decrypt(this.#key, Buffer.from(sealed, 'base64url'), this.purpose)
    if (!text) return undefined
    const { contents, until } = JSON.parse(text.toString()) as { contents: Contents; until: number }
    return until > now ? contents : undefined
  }
}
