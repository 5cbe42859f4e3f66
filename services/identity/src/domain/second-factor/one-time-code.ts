/** Codes of an authenticator app: TOTP (RFC 6238) as every app knows it, with SHA-1, six digits and steps of 30 seconds. */
const STEP_MS = 30_000
const DIGITS = 6
/** RFC 4226, section 4: at least 128 bits, better 160. */
export const SECRET_BYTES = 20
/**
 * Steps before and after the present one whose codes are taken. Larger: clocks may differ more, and a guess hits more codes; smaller: a code
 * that was typed slowly is refused (RFC 6238, section 5.2 recommends one).
 */
const WINDOW = 1

/** Steps whose codes are taken at a time, Unix ms. */
export function stepsAt(now: number): readonly number[] {
  const step = Math.floor(now / STEP_MS)
  return Array.from({ length: 2 * WINDOW + 1 }, (_, i) => step - WINDOW + i).filter((one) => one >= 0)
}

/** What is hashed for a step: its number in eight bytes (RFC 4226, section 5.2). */
export function counterOf(step: number): Uint8Array {
  const bytes = new Uint8Array(8)
  new DataView(bytes.buffer).setBigUint64(0, BigInt(step))
  return bytes
}

/** The code of an HMAC-SHA-1 (RFC 4226, section 5.3: dynamic truncation). */
export function codeOf(mac: Uint8Array): string {
  const view = new DataView(mac.buffer, mac.byteOffset, mac.byteLength)
  const offset = view.getUint8(mac.byteLength - 1) & 0xf
  const number = view.getUint32(offset) & 0x7fff_ffff
  return String(number % 10 ** DIGITS).padStart(DIGITS, '0')
}

/** Of an installation at this host: the name by which a person finds it among others in the app. */
export function uriOf(secret: string, username: string, host: string): string {
  const label = encodeURIComponent(`Beseda:${host === '' ? username : `${username}@${host}`}`)
  return `otpauth://totp/${label}?secret=${secret}&issuer=Beseda&algorithm=SHA1&digits=${DIGITS}&period=${STEP_MS / 1_000}`
}
