/** Digits in a group, and bytes that one group is made of: 40 bits give five digits that are as good as evenly spread. */
const GROUP_DIGITS = 5
const GROUP_BYTES = 5

/** Groups in a code. Six are 99 bits: nobody finds a second key with the same code. */
export const CODE_GROUPS = 6

/** A digest (SHA-512) as groups of digits that two people can read to each other. */
export function digitsOf(digest: Uint8Array): string[] {
  return Array.from({ length: CODE_GROUPS }, (_, group) => {
    const bytes = digest.subarray(group * GROUP_BYTES, (group + 1) * GROUP_BYTES)
    const number = bytes.reduce((sum, byte) => sum * 256 + byte, 0)
    return String(number % 10 ** GROUP_DIGITS).padStart(GROUP_DIGITS, '0')
  })
}
