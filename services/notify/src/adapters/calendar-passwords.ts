import { decrypt, encrypt, type InstallationSecret } from '@beseda/platform'
import { CalendarPasswords } from '../application/calendar-ports.js'

/** With a key of the installation's secret, each for its own account: whoever has the log alone can read none, or give one to another. */
export class SealedPasswords extends CalendarPasswords {
  readonly #key: Buffer

  constructor(secret: InstallationSecret) {
    super()
    this.#key = secret.key('calendar password')
  }

  seal(password: string, userId: string): Uint8Array {
    return encrypt(this.#key, Buffer.from(password), userId)
  }

  open(sealed: Uint8Array, userId: string): string | undefined {
    return decrypt(this.#key, sealed, userId)?.toString()
  }
}
