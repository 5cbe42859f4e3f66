import { networkOf } from '@beseda/platform'

/**
 * Share of a gateway's sockets that one network may have before they have signed in. More: one network keeps others out with sockets that say
 * nothing; less: many people behind one address are turned away when all of them come back at once, and return a little later.
 */
const SHARE = 0.05
const LEAST = 100

/** This machine: its people are known to whoever runs it, or come through a proxy that is not named (TRUSTED_PROXY_HOPS). */
const LOOPBACK = /^(127\.|::1$|(0{4}:){7}0001$|::ffff:127\.)/

interface Newcomer {
  readonly isSignedIn: boolean
}

/** Sockets on which nobody has signed in yet, by the network that they come from. */
export class Newcomers {
  readonly #byNetwork = new Map<string, Set<Newcomer>>()
  readonly #most: number

  /** `max`: the most sockets of the gateway. */
  constructor(max: number) {
    this.#most = Math.max(LEAST, Math.floor(max * SHARE))
  }

  /** Another one from this address is let in. */
  accepts(address: string): boolean {
    if (LOOPBACK.test(address)) return true
    const network = networkOf(address)
    if ((this.#byNetwork.get(network)?.size ?? 0) < this.#most) return true
    this.#forgetSignedIn(network)
    return (this.#byNetwork.get(network)?.size ?? 0) < this.#most
  }

  add(newcomer: Newcomer, address: string): void {
    if (LOOPBACK.test(address)) return
    const network = networkOf(address)
    const waiting = this.#byNetwork.get(network) ?? new Set()
    this.#byNetwork.set(network, waiting.add(newcomer))
  }

  /** The socket is closed. */
  remove(newcomer: Newcomer): void {
    for (const [network, waiting] of this.#byNetwork) {
      if (waiting.delete(newcomer) && waiting.size === 0) this.#byNetwork.delete(network)
    }
  }

  /** Forgets those who have signed in. Call it regularly. */
  prune(): void {
    for (const network of [...this.#byNetwork.keys()]) this.#forgetSignedIn(network)
  }

  #forgetSignedIn(network: string): void {
    const waiting = this.#byNetwork.get(network)
    if (!waiting) return
    for (const newcomer of waiting) if (newcomer.isSignedIn) waiting.delete(newcomer)
    if (waiting.size === 0) this.#byNetwork.delete(network)
  }
}
