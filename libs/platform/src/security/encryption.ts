import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'

const IV_BYTES = 12
const TAG_BYTES = 16

/** AES-256-GCM. `about`: what it belongs to; it opens for nothing else. */
export function encrypt(key: Buffer, contents: Uint8Array, about: string): Buffer {
  const iv = randomBytes(IV_BYTES)
  const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(Buffer.from(about))
  const bytes = Buffer.concat([cipher.update(contents), cipher.final()])
  return Buffer.concat([iv, cipher.getAuthTag(), bytes])
}

/** Undefined: encrypted with another key or about something else, changed, or forged. */
export function decrypt(key: Buffer, bytes: Uint8Array, about: string): Buffer | undefined {
  if (bytes.length <= IV_BYTES + TAG_BYTES) return undefined
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, IV_BYTES))
      .setAAD(Buffer.from(about))
      .setAuthTag(bytes.subarray(IV_BYTES, IV_BYTES + TAG_BYTES))
    return Buffer.concat([decipher.update(bytes.subarray(IV_BYTES + TAG_BYTES)), decipher.final()])
  } catch {
    // The tag does not fit.
    return undefined
  }
}
