import { createHmac, hkdfSync } from 'node:crypto'
import { readFileSync } from 'node:fs'

const MIN_BYTES = 32

/** One installation secret, and for each purpose a key of its own (HKDF-SHA256, RFC 5869). */
export class InstallationSecret {
  private constructor(private readonly root: Buffer) {}

  /** Errors: a sentence when the file is not at least 32 bytes of hex. */
  static read(file: string | undefined): InstallationSecret {
    if (!file) throw new Error('SECRET_FILE is not set: a file with 32 random bytes in hex')
    return InstallationSecret.of(Buffer.from(readFileSync(file, 'utf8').trim(), 'hex'))
  }

  static of(root: Buffer): InstallationSecret {
    if (root.length < MIN_BYTES) throw new Error(`SECRET_FILE must hold at least ${MIN_BYTES} bytes in hex`)
    return new InstallationSecret(root)
  }

  key(purpose: string): Buffer {
    return Buffer.from(hkdfSync('sha256', this.root, '', purpose, 32))
  }

  /** A keyed hash (HMAC-SHA256) of the text: the same text gives the same bytes, which nobody else can make. */
  hash(purpose: string, text: string): Buffer {
    return createHmac('sha256', this.key(purpose)).update(text).digest()
  }
}
