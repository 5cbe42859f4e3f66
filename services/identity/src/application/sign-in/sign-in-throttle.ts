import { Refusal } from '@beseda/kernel'
import type { InstallationSecret } from '@beseda/platform'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { type Failures, waitAfter } from '../../domain/sign-in/throttle.js'
import type { FailureStore } from './ports.js'

/**
 * Unknown names share this many counters of some 200 bytes each. More: made-up names could fill the disk; fewer: after that many guesses
 * unknown names would be refused sooner than known ones.
 */
const UNKNOWN_NAME_COUNTERS = 2 ** 20

/** Attempts at the same moment. Each round one of them gets through, so no honest person comes near. */
const MAX_RACES = 10
const RACE_WAIT_MS = 1_000
const NONE: Failures = { count: 0, at: 0 }

/**
 * Slows down guesses at the password of one account, from however many addresses. An attempt counts as a failure before the password is
 * verified: of a thousand guesses at once only the first few are verified at all. Unknown names are counted like accounts, so that a
 * refusal does not tell which names exist.
 */
export class SignInThrottle {
  constructor(
    private readonly store: FailureStore,
    private readonly secret: Pick<InstallationSecret, 'hash'>,
  ) {}

  /** Before a password for an unknown name. Returns the counter that stands for the name. Errors: RATE_LIMITED. */
  async attemptAtNobody(username: string, now: number): Promise<string> {
    // A keyed hash, so that nobody can choose names that share a counter.
    const n = this.secret.hash('sign-in of nobody', username).readUInt32BE() % UNKNOWN_NAME_COUNTERS
    const counter = `nobody-${n}`
    await this.attempt(counter, now)
    return counter
  }

  /** Before a password is verified. Errors: RATE_LIMITED. `now`: Unix ms. */
  async attempt(userId: string, now: number): Promise<void> {
    for (let race = 0; race < MAX_RACES; race++) {
      const { failures, revision } = (await this.store.get(userId)) ?? { failures: NONE, revision: 0 }
      const waitMs = waitAfter(failures, now)
      if (waitMs > 0) throw new Refusal(ErrorReason.RATE_LIMITED, {}, waitMs)
      if (await this.store.put(userId, { count: failures.count + 1, at: now }, revision)) return
    }
    throw new Refusal(ErrorReason.RATE_LIMITED, {}, RACE_WAIT_MS)
  }

  /** The attempt was not carried out. When another replica writes at the same moment, it stays counted. */
  async withdraw(userId: string): Promise<void> {
    const stored = await this.store.get(userId)
    if (!stored || stored.failures.count === 0) return
    const { count, at } = stored.failures
    await this.store.put(userId, { count: count - 1, at }, stored.revision)
  }

  /** The password was right. */
  async succeeded(userId: string): Promise<void> {
    await this.store.delete(userId)
  }
}
