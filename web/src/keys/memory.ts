import type { PeopleStore } from './key-book.js'
import type { KnownPerson } from './known-person.js'
import type { PairStore } from './own-key.js'

/** Keeps keys as long as the page is open: where storage is blocked, and in tests. */
export function keysInMemory(): PairStore & PeopleStore {
  const pairs = new Map<string, Promise<CryptoKeyPair>>()
  const people = new Map<string, KnownPerson>()
  return {
    keep: (userId, made) => {
      const pair = pairs.get(userId) ?? made()
      pairs.set(userId, pair)
      return pair
    },
    get: async (userId) => people.get(userId),
    put: async (person) => void people.set(person.userId, person),
  }
}
