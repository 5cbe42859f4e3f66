import { createHmac, hkdfSync } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { formatUuid } from '@beseda/kernel'

const MIN_BYTES = 32

/** The secret of an installation, from which each purpose gets its own key (HKDF-SHA256, RFC 5869). */
export class InstallationSecret {
  private constructor(private readonly root: Buffer) {}

  /** Errors: a sentence when the file does not hold at least 32 bytes in hex. */
  static read(file: string | undefined): InstallationSecret {
    if (!file) throw new Error('SECRET_FILE is not set: a file with 32 random bytes in hex')
    return InstallationSecret.of(Buffer.from(readFileSync(file, 'utf8').trim(), 'hex'))
  }

  static of(root: Buffer): InstallationSecret {
    if (root.length < MIN_BYTES) throw new Error(`SECRET_FILE must hold at least ${MIN_BYTES} bytes in hex`)
    return new InstallationSecret(root)
  }

  /** 32 bytes, the same for the same purpose. */
  key(purpose: string): Buffer {
    return Buffer.from(hkdfSync('sha256', this.root, '', purpose, 32))
  }

  /** A keyed hash (HMAC-SHA256, 32 bytes): the same for the same text, and nobody without the secret can compute it. */
  hash(purpose: string, text: string): Buffer {
    return createHmac('sha256', this.key(purpose)).update(text).digest()
  }

  /**
   * A UUIDv8 (RFC 9562) that only this installation can compute, for what a person's command creates. Different kinds give different
   * ids, and an id reveals nothing about the parts.
   */
  id(kind: string, ...parts: readonly string[]): string {
    const bytes = this.hash(`id of ${kind}`, JSON.stringify(parts)).subarray(0, 16)
    bytes[6] = 0x80 | ((bytes[6] ?? 0) & 0x0f)
    bytes[8] = 0x80 | ((bytes[8] ?? 0) & 0x3f)
    return formatUuid(bytes)
  }
}
