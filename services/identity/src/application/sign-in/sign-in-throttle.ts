import { Refusal } from '@beseda/kernel'
import type { InstallationSecret } from '@beseda/platform'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { type Failures, FREE_FAILURES, PASSWORD_WAITS, waitAfter, waitForAll } from '../../domain/sign-in/throttle.js'
import type { FailureStore } from './ports.js'

/**
 * Strangers, and unknown names, share this many counters of some 200 bytes each. More: made-up names and addresses could fill the disk;
 * fewer: after that many guesses somebody waits for what another one did.
 */
const SHARED_COUNTERS = 2 ** 20

/** Attempts at the same moment. Each round one of them gets through, so no honest person comes near. */
const MAX_RACES = 10
const RACE_WAIT_MS = 1_000
const NONE: Failures = { count: 0, at: 0 }

/** Whose password is guessed. `passwordHash`: a new password begins new counts. */
export interface Guessed {
  /** Undefined: nobody's. */
  readonly userId: string | undefined
  readonly username: string
  readonly passwordHash: string
}

/** Who guesses: a device or session that the person has used before, or a stranger somewhere on the network. */
export type Guesser = { readonly known: string } | { readonly network: string }

/** An attempt that was counted as a failure before the password was verified. */
export interface Attempt {
  /** It was not carried out. When another replica writes at the same moment, it stays counted. */
  withdraw(): Promise<void>
  /** The password was right. */
  succeeded(): Promise<void>
}

/**
 * Slows down guesses at the password of one account: those of each guesser, and those of all strangers together. So nobody's guesses keep a
 * device waiting that the person has used before, and guesses from a few addresses keep nobody else waiting: of each only the first few
 * count for all. An attempt counts as a failure before the password is verified: of a thousand guesses at once only the first few are
 * verified at all. Unknown names are counted like accounts, so that a refusal does not tell which names exist.
 */
export class SignInThrottle {
  constructor(
    private readonly store: FailureStore,
    private readonly secret: Pick<InstallationSecret, 'hash'>,
    private readonly waits = PASSWORD_WAITS,
    /** Of the names of the counters: passwords and codes are counted apart, or a right password would forgive wrong codes. */
    private readonly prefix = '',
  ) {}

  /** Before a password is verified. Errors: RATE_LIMITED. `now`: Unix ms. */
  async attempt(guessed: Guessed, guesser: Guesser, now: number): Promise<Attempt> {
    const own = this.#ownCounter(guessed, guesser)
    const common = 'network' in guesser ? this.#commonCounter(guessed) : undefined
    const before = await this.#count(own, waitAfter, now)
    // As many requests to the store for everybody: an answer does not tell by its time what was counted.
    if (common !== undefined) {
      const countOrLook = before < FREE_FAILURES ? this.#count(common, waitForAll, now) : this.#look(common, now)
      await countOrLook.catch(async (error: unknown) => {
        await this.#withdraw(own)
        throw error
      })
    }
    const counters = [own, ...(common !== undefined && before < FREE_FAILURES ? [common] : [])]
    return {
      withdraw: async () => {
        for (const counter of counters) await this.#withdraw(counter)
      },
      succeeded: async () => {
        for (const counter of new Set([...counters, this.#commonCounter(guessed)])) await this.store.delete(counter)
      },
    }
  }

  /** The account has a new password. */
  async forget(userId: string): Promise<void> {
    await this.store.delete(`${this.prefix}${userId}`)
  }

  #ownCounter(guessed: Guessed, guesser: Guesser): string {
    const who = [guessed.userId ?? guessed.username, guessed.passwordHash]
    if ('network' in guesser)
      return `${this.prefix}stranger-${this.#shared('sign-in of a stranger', [...who, guesser.network])}`
    // Only devices that have signed in have one.
    const hash = this.secret.hash('sign-in of a device', JSON.stringify([...who, guesser.known])).subarray(0, 16)
    return `${this.prefix}${guessed.userId}.${hash.toString('base64url')}`
  }

  #commonCounter({ userId, username }: Guessed): string {
    return `${this.prefix}${userId ?? `nobody-${this.#shared('sign-in of nobody', [username])}`}`
  }

  /** A keyed hash, so that nobody can choose names or addresses that share a counter. */
  #shared(purpose: string, parts: readonly string[]): number {
    return this.secret.hash(purpose, JSON.stringify(parts)).readUInt32BE() % SHARED_COUNTERS
  }

  /** Counts one failure, and returns how many there were before. Errors: RATE_LIMITED. */
  async #count(counter: string, wait: typeof waitAfter, now: number): Promise<number> {
    for (let race = 0; race < MAX_RACES; race++) {
      const { failures, revision } = (await this.store.get(counter)) ?? { failures: NONE, revision: 0 }
      const waitMs = wait(failures, now, this.waits)
      if (waitMs > 0) throw new Refusal(ErrorReason.RATE_LIMITED, {}, waitMs)
      if (await this.store.put(counter, { count: failures.count + 1, at: now }, revision)) return failures.count
    }
    throw new Refusal(ErrorReason.RATE_LIMITED, {}, RACE_WAIT_MS)
  }

  async #look(counter: string, now: number): Promise<void> {
    const waitMs = waitForAll((await this.store.get(counter))?.failures ?? NONE, now, this.waits)
    if (waitMs > 0) throw new Refusal(ErrorReason.RATE_LIMITED, {}, waitMs)
  }

  async #withdraw(counter: string): Promise<void> {
    const stored = await this.store.get(counter)
    if (!stored || stored.failures.count === 0) return
    const { count, at } = stored.failures
    await this.store.put(counter, { count: count - 1, at }, stored.revision)
  }
}
