import { toBase32 } from './base32.js'

/** As many as fit on a card. More: more that can be found; fewer: new ones are needed sooner. */
export const RECOVERY_CODES = 10
/** 80 bits: nobody guesses one, and a hash without salt reveals none. */
export const RECOVERY_BYTES = 10

/** What somebody typed where a code of the second factor is asked for. */
export type TypedCode = { readonly kind: 'timed' | 'recovery'; readonly text: string }

/** However it was typed: people copy codes with the spaces and dashes with which they are shown. */
export function typedCode(typed: string): TypedCode {
  const text = typed.replace(/[\s\p{Pd}]/gu, '').toUpperCase()
  return { kind: /^\d{6}$/.test(text) ? 'timed' : 'recovery', text }
}

/** As it is shown to the person: `ABCD-EFGH-IJKL-MNOP`. */
export const recoveryCodeOf = (bytes: Uint8Array): string => (toBase32(bytes).match(/.{4}/g) ?? []).join('-')
