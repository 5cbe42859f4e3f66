import { createHash } from 'node:crypto'
import type { InstallationSecret } from '@beseda/platform'
import { RECOVERY_BYTES, RECOVERY_CODES, recoveryCodeOf, typedCode } from '../../domain/second-factor/typed-code.js'

/**
 * Codes that stand in for an authenticator app. Each is a keyed hash of the person and their command: only the same person's repeat of the
 * command gives them again. What is stored is their SHA-256, which needs no salt for 80 random bits.
 */
export function recoveryCodesOf(
  secret: Pick<InstallationSecret, 'hash'>,
  userId: string,
  commandId: string,
): readonly string[] {
  return Array.from({ length: RECOVERY_CODES }, (_, i) => {
    const bytes = secret.hash('recovery code', JSON.stringify([userId, commandId, i]))
    return recoveryCodeOf(bytes.subarray(0, RECOVERY_BYTES))
  })
}

/** Of a code as it was shown, or as it was typed. */
export const recoveryHash = (code: string): Buffer => createHash('sha256').update(typedCode(code).text).digest()
