import type { HeldKey, KeyHolder } from '@beseda/client-protocol/device-keys'
import type { Clock } from '../time/clock.js'
import {
  findKey,
  isSameKey,
  isVerified,
  type KnownPerson,
  meetKeys,
  type PublicKey,
  type Trust,
  trustKeys,
} from './known-person.js'
import { isSignedBy } from './signature.js'

/** Why something that another device has signed is not believed. */
export type Distrust = 'forged' | 'noKey' | 'keyChanged'
export type Verdict =
  | { readonly key: HeldKey; readonly trust: Trust; readonly distrust?: undefined }
  | { readonly key?: HeldKey; readonly distrust: Distrust }

/** What this browser remembers of the keys of others, by person. */
export interface PeopleStore {
  get(userId: string): Promise<KnownPerson | undefined>
  put(person: KnownPerson): Promise<void>
}

export interface KeyBookParts {
  readonly clock: Pick<Clock, 'after'>
  readonly people: PeopleStore
  /** The keys that the server lists of people. */
  list(userIds: readonly string[]): Promise<readonly HeldKey[]>
}

/**
 * Waits for a key that is not listed: its device may be publishing it. Together under 3 s, so that people are told in time that there is
 * none.
 */
const AGAIN_MS = [250, 500, 1_000, 1_000] as const

/** The keys of others: what is known of them, and whether a signature is theirs. The server is asked about keys that are not known. */
export class KeyBook {
  /** Changes of one person, one after another. */
  readonly #turns = new Map<string, Promise<unknown>>()
  /** Answers about people who are about to be met. */
  readonly #ahead = new Map<string, Promise<readonly HeldKey[]>>()
  readonly #listeners = new Set<(person: KnownPerson) => void>()

  constructor(private readonly parts: KeyBookParts) {}

  /** Called with each change of what is known. Returns a function that ends it. */
  onChange(listener: (person: KnownPerson) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  async person(userId: string): Promise<KnownPerson> {
    return (await this.parts.people.get(userId)) ?? { userId, keys: [] }
  }

  /** These people are about to sign something: those who are not known are asked about together, before their signatures arrive. */
  async expect(userIds: readonly string[]): Promise<void> {
    const people = await Promise.all(userIds.map((userId) => this.person(userId)))
    const unknown = people.filter(({ userId, keys }) => keys.length === 0 && !this.#ahead.has(userId))
    if (unknown.length === 0) return
    const asked = this.parts.list(unknown.map(({ userId }) => userId))
    for (const { userId } of unknown) {
      const theirs = asked.then((keys) => ofPerson(keys, userId))
      this.#ahead.set(userId, theirs)
      // Told by `asked`; whoever checks asks again.
      theirs.catch(() => this.#ahead.delete(userId))
    }
    await asked
  }

  /** Whether the device has signed the statement, and how far its key is trusted. */
  check(from: KeyHolder, statement: Uint8Array<ArrayBuffer>, signature: Uint8Array): Promise<Verdict> {
    return this.#find(from, async ({ publicKey }) => isSignedBy(publicKey, statement, signature))
  }

  /** Whether this is a key of the device, and how far it is trusted. That the device has it must be proved elsewhere. */
  holds(from: KeyHolder, publicKey: Uint8Array): Promise<Verdict> {
    return this.#find(from, async (key) => isSameKey(key, { ...key, publicKey }))
  }

  async #find(from: KeyHolder, isIt: (key: PublicKey) => Promise<boolean>): Promise<Verdict> {
    const known = await this.person(from.userId)
    for (const key of known.keys.filter(({ deviceId }) => deviceId === from.deviceId).toReversed())
      if (await isIt(key)) return judge(known, key)
    const listed = await this.#listed(from)
    const present = listed.find(({ deviceId }) => deviceId === from.deviceId)
    if (!present) return { distrust: 'noKey' }
    if (!(await isIt(present))) return { distrust: 'forged' }
    return judge(await this.#change(from.userId, (person) => meetKeys(person, listed)), present)
  }

  /** The keys that the server lists of a person, each with what is known of it. The first contact may be this. */
  async look(userId: string): Promise<{ readonly person: KnownPerson; readonly listed: readonly HeldKey[] }> {
    const listed = ofPerson(await this.parts.list([userId]), userId)
    return { person: await this.#change(userId, (person) => meetKeys(person, listed)), listed }
  }

  /** The person here has compared codes (`verified`), or takes new keys as they are (`seen`). */
  async trust(userId: string, keys: readonly PublicKey[], trust: Trust): Promise<void> {
    await this.#change(userId, (person) => trustKeys(meetKeys(person, keys), keys, trust))
  }

  async #listed({ userId, deviceId }: KeyHolder): Promise<readonly HeldKey[]> {
    for (const wait of [...AGAIN_MS, undefined]) {
      // A server that cannot be reached lists nothing; the next round asks again.
      const listed = await this.#ask(userId).catch(() => [])
      if (wait === undefined || listed.some((key) => key.deviceId === deviceId)) return listed
      await new Promise<void>((resolve) => void this.parts.clock.after(wait, resolve))
    }
    return []
  }

  async #ask(userId: string): Promise<readonly HeldKey[]> {
    const ahead = this.#ahead.get(userId)
    this.#ahead.delete(userId)
    return ahead ?? ofPerson(await this.parts.list([userId]), userId)
  }

  #change(userId: string, change: (person: KnownPerson) => KnownPerson): Promise<KnownPerson> {
    const turn = (this.#turns.get(userId) ?? Promise.resolve()).then(async () => {
      const before = await this.person(userId)
      const after = change(before)
      if (after === before) return before
      await this.parts.people.put(after)
      for (const listener of this.#listeners) listener(after)
      return after
    })
    // Whoever asked for the change hears of the error; the next one begins with what is stored.
    const settled = turn.catch(() => undefined)
    this.#turns.set(userId, settled)
    return turn
  }
}

/** An answer about somebody else's keys says nothing. */
const ofPerson = (keys: readonly HeldKey[], userId: string): readonly HeldKey[] =>
  keys.filter((key) => key.userId === userId)

/** A new key of somebody who was verified is not believed until the person here accepts it: it may be anybody's. */
function judge(person: KnownPerson, key: PublicKey): Verdict {
  const { deviceId, algorithm, publicKey } = key
  const held = { userId: person.userId, deviceId, algorithm, publicKey }
  const trust = findKey(person, key)?.trust ?? 'new'
  return trust === 'new' && isVerified(person) ? { key: held, distrust: 'keyChanged' } : { key: held, trust }
}
