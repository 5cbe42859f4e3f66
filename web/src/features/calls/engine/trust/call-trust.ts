import type { HeldKey } from '@beseda/client-protocol/device-keys'
import { callCode, sharedCode } from '../../../../keys/codes.js'
import type { KeyBook } from '../../../../keys/key-book.js'
import { findKey, type KnownPerson, type Trust } from '../../../../keys/known-person.js'
import type { OwnKey } from '../../../../keys/own-key.js'
import type { Peer } from '../transport.js'

export interface CallTrustParts {
  readonly callId: string
  readonly own: OwnKey
  readonly book: Pick<KeyBook, 'trust' | 'onChange'>
  readonly peers: () => readonly Peer[]
  /** Of the keys that everybody in the call shares, where there are such: the code stands for them. */
  readonly authenticator: () => Uint8Array | undefined
  /** The person here has accepted somebody's new key. */
  readonly tryAgain: (userId: string) => void
  readonly onChange: () => void
}

/** What the person here knows of the keys in a call: its code, and how far each key is trusted. */
export class CallTrust {
  /** Changes of this call: newer than what a link saw when it checked. */
  readonly #known = new Map<string, KnownPerson>()
  readonly #forget: () => void
  #code: { readonly of: string; readonly groups: readonly string[] } | undefined

  constructor(private readonly parts: CallTrustParts) {
    this.#forget = parts.book.onChange((person) => {
      this.#known.set(person.userId, person)
      parts.onChange()
    })
  }

  /** The same for everybody who sees the same keys. Undefined while somebody is not connected. */
  get code(): readonly string[] | undefined {
    return this.#code && this.#code.of === this.#subject()?.of ? this.#code.groups : undefined
  }

  /** Undefined: no key of theirs is known yet. */
  of({ userId, link }: Pick<Peer, 'userId' | 'link'>): Trust | undefined {
    const { peerKey } = link
    const known = this.#known.get(userId)
    return peerKey && ((known && findKey(known, peerKey.key)?.trust) ?? peerKey.trust)
  }

  /** To be called when links change. */
  async follow(): Promise<void> {
    const subject = this.#subject()
    if (!subject || this.#code?.of === subject.of) return
    this.#code = { of: subject.of, groups: await subject.groups() }
    this.parts.onChange()
  }

  /** A new key of this person is accepted without comparing codes. */
  async accept(userId: string): Promise<void> {
    const keys = this.parts
      .peers()
      .filter((peer) => peer.userId === userId)
      .flatMap(({ link }) => link.refusal?.key ?? link.peerKey?.key ?? [])
    await this.parts.book.trust(userId, keys, 'seen')
    this.parts.tryAgain(userId)
  }

  /** Everybody has read the same code: the keys of all are theirs. */
  async confirm(): Promise<void> {
    if (!this.code) return
    const keys = this.parts.peers().flatMap(({ link }) => link.peerKey?.key ?? [])
    await Promise.all(keys.map((key) => this.parts.book.trust(key.userId, [key], 'verified')))
  }

  close(): void {
    this.#forget()
  }

  /** What the code stands for: the keys that all share, or else the key of each device. */
  #subject(): { readonly of: string; readonly groups: () => Promise<readonly string[]> } | undefined {
    const shared = this.parts.authenticator()
    if (shared) return { of: `shared ${shared.join(' ')}`, groups: () => sharedCode(shared) }
    const keys = this.#keys()
    return keys && { of: nameOf(keys), groups: () => callCode(this.parts.callId, keys) }
  }

  #keys(): readonly HeldKey[] | undefined {
    const keys = this.parts.peers().map(({ link }) => (link.state === 'connected' ? link.peerKey?.key : undefined))
    const present = keys.flatMap((key) => key ?? [])
    return present.length > 0 && present.length === keys.length ? [this.parts.own, ...present] : undefined
  }
}

const nameOf = (keys: readonly HeldKey[]): string =>
  keys
    .map(({ deviceId, publicKey }) => `${deviceId} ${publicKey.join(' ')}`)
    .toSorted()
    .join()
