import { createHash } from 'node:crypto'
import type { InstallationSecret } from '@beseda/platform'
import { foldEmail } from '@beseda/rules'

/** 128 bits, which nobody guesses. */
const CODE_BYTES = 16

/**
 * What belongs to a letter and is stored nowhere: its code is a keyed hash of its id, so that it is the same each time the letter is sent, and
 * whoever reads the log or the queue does not have it.
 */
export class LetterCodes {
  constructor(private readonly secret: Pick<InstallationSecret, 'hash' | 'id'>) {}

  id(...parts: readonly string[]): string {
    return this.secret.id('letter', ...parts)
  }

  codeOf(letterId: string): string {
    return this.secret.hash('code of a letter', letterId).subarray(0, CODE_BYTES).toString('base64url')
  }

  /** What of the code stands in the log. */
  hashOf(letterId: string): Buffer {
    return codeHash(this.codeOf(letterId))
  }

  /** Stands for an address in subjects of the log. */
  keyOf(address: string): string {
    return this.secret.hash('mail address', foldEmail(address)).subarray(0, 16).toString('hex')
  }
}

export const codeHash = (code: string): Buffer => createHash('sha256').update(code).digest()
