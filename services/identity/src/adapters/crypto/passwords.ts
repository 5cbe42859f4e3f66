import { hash, verify } from '@node-rs/argon2'
import type { PasswordHashes } from '../../application/sign-in/ports.js'

/** argon2id with OWASP's first choice: 19 MiB, two passes; some 30 ms of one core. */
const OPTIONS = { memoryCost: 19_456, timeCost: 2, parallelism: 1 }

export class Argon2Passwords implements PasswordHashes {
  /** A hash that no password has: an unknown name takes as long as a wrong password. */
  readonly #nobody = hash(crypto.randomUUID(), OPTIONS)

  hash(password: string): Promise<string> {
    return hash(password, OPTIONS)
  }

  async verify(stored: string | undefined, password: string): Promise<boolean> {
    const isRight = await verify(stored || (await this.#nobody), password)
    return isRight && stored !== undefined && stored !== ''
  }
}
