import { callStatement, digitsOf, type HeldKey, personStatement } from '@beseda/client-protocol/device-keys'

const digest = async (statement: Uint8Array<ArrayBuffer>): Promise<string[]> =>
  digitsOf(new Uint8Array(await crypto.subtle.digest('SHA-512', statement)))

/** Six groups of digits, the same for everybody in the call who sees the same keys. */
export const callCode = (callId: string, keys: readonly HeldKey[]): Promise<string[]> =>
  digest(callStatement(callId, keys))

/** Six groups of digits, the same for everybody who has the keys of this epoch. */
export const sharedCode = (authenticator: Uint8Array): Promise<string[]> => digest(Uint8Array.from(authenticator))

/**
 * Twelve groups of digits, the same for both people: half of them stand for the keys of each, so that a swapped key would need the same
 * half as the true one.
 */
export async function personCode(
  mine: { readonly userId: string; readonly keys: readonly HeldKey[] },
  theirs: { readonly userId: string; readonly keys: readonly HeldKey[] },
): Promise<string[]> {
  const halves = [mine, theirs].toSorted((one, other) => (one.userId < other.userId ? -1 : 1))
  return (await Promise.all(halves.map(({ userId, keys }) => digest(personStatement(userId, keys))))).flat()
}
