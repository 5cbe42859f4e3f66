/** A password in the form in which it is hashed (RFC 8265, OpaqueString): keyboards write one letter, and one space, in different ways. */
export const opaque = (password: string): string => password.replace(/\p{Zs}/gu, ' ').normalize('NFC')

/**
 * The forms that a stored hash may be of, the usual one first. Earlier releases hashed what was typed: on macOS and iOS letters with separate
 * accents.
 */
export const formsOf = (password: string): readonly string[] => [
  ...new Set([opaque(password), password, password.normalize('NFD')]),
]
