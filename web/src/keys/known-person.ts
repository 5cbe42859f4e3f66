/**
 * How far the person here trusts a key. `seen`: it was there at the first contact, or they have accepted it. `new`: it came after others
 * were known, and nobody has looked at it. `verified`: they have compared codes.
 */
export type Trust = 'seen' | 'new' | 'verified'

export interface PublicKey {
  readonly deviceId: string
  readonly algorithm: number
  readonly publicKey: Uint8Array
}
export interface KnownKey extends PublicKey {
  readonly trust: Trust
}

/** What this browser knows of another person's keys: the newest last. */
export interface KnownPerson {
  readonly userId: string
  readonly keys: readonly KnownKey[]
}

/** Keys that are remembered of one person. Verified ones are never forgotten. */
const KEPT_KEYS = 50

const sameBytes = (one: Uint8Array, other: Uint8Array): boolean =>
  one.length === other.length && one.every((byte, i) => byte === other[i])
export const isSameKey = (one: PublicKey, other: PublicKey): boolean =>
  one.deviceId === other.deviceId && one.algorithm === other.algorithm && sameBytes(one.publicKey, other.publicKey)

export const findKey = ({ keys }: KnownPerson, wanted: PublicKey): KnownKey | undefined =>
  keys.find((key) => isSameKey(key, wanted))

/** The person has compared codes with them at some time. */
export const isVerified = ({ keys }: KnownPerson): boolean => keys.some(({ trust }) => trust === 'verified')

/** `changed`: codes were compared, and now there is a key that they did not stand for. `none`: no key is listed. */
export type Standing = Trust | 'changed' | 'none'

/** What the person here knows of all keys that are listed of somebody. */
export function standingOf(person: KnownPerson, listed: readonly PublicKey[]): Standing {
  const trusts = new Set(listed.map((key) => findKey(person, key)?.trust ?? 'new'))
  if (trusts.size === 0) return 'none'
  if (trusts.size === 1 && trusts.has('verified')) return 'verified'
  if (trusts.has('new')) return isVerified(person) ? 'changed' : 'new'
  return 'seen'
}

/** Keys that the server lists. All are trusted at the first contact; those that come later are new. */
export function meetKeys(person: KnownPerson, listed: readonly PublicKey[]): KnownPerson {
  const trust = person.keys.length === 0 ? 'seen' : 'new'
  const unknown = listed.filter((key) => !findKey(person, key))
  if (unknown.length === 0) return person
  const added = unknown.map(
    ({ deviceId, algorithm, publicKey }) => ({ deviceId, algorithm, publicKey, trust }) as const,
  )
  return { ...person, keys: kept([...person.keys, ...added]) }
}

/** The person here says so of these keys. */
export const trustKeys = (person: KnownPerson, trusted: readonly PublicKey[], trust: Trust): KnownPerson => ({
  ...person,
  keys: person.keys.map((key) => (trusted.some((one) => isSameKey(one, key)) ? { ...key, trust } : key)),
})

function kept(keys: readonly KnownKey[]): readonly KnownKey[] {
  const surplus = keys.length - KEPT_KEYS
  let dropped = 0
  return keys.filter(({ trust }) => trust === 'verified' || dropped++ >= surplus)
}
