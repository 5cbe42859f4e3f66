import { Refusal } from '@beseda/kernel'
import type { InstallationSecret } from '@beseda/platform'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { type Failures, waitAfter } from '../domain/throttle.js'

/** Where wrong passwords are counted, for all replicas. */
export interface FailureStore {
  get(userId: string): Promise<{ readonly failures: Failures; readonly revision: number } | undefined>
  /** `revision`: what it replaces; 0: nothing. False: somebody else wrote meanwhile. */
  put(userId: string, failures: Failures, revision: number): Promise<boolean>
  delete(userId: string): Promise<void>
}

/**
 * Names that nobody has share so many counters of some 200 bytes each. More, and who makes up names could fill the disk;
 * fewer, and after so many guesses they would be refused sooner than names that somebody has.
 */
const NOBODYS_COUNTERS = 2 ** 20

/** Guesses that meet in the same moment. Each round one of them gets through, so nobody honest comes near. */
const MAX_RACES = 10

/**
 * Slows down who guesses the password of one account, from however many addresses. A try counts as a failure before the
 * password is looked at: of a thousand guesses at once only the first few are looked at at all. Names that nobody has are counted
 * like accounts: a refusal does not tell who is here.
 */
export class SignInThrottle {
  constructor(
    private readonly store: FailureStore,
    private readonly secret: Pick<InstallationSecret, 'hash'>,
  ) {}

  /** Before a password for a name that nobody has. Errors: RATE_LIMITED. */
  async attemptAtNobody(username: string, now: number): Promise<void> {
    // By a secret, so that nobody can choose names that share a counter.
    const counter = this.secret.hash('sign-in of nobody', username).readUInt32BE() % NOBODYS_COUNTERS
    await this.attempt(`nobody-${counter}`, now)
  }

  /** Before a password is looked at. Errors: RATE_LIMITED. `now`: Unix ms. */
  async attempt(userId: string, now: number): Promise<void> {
    for (let race = 0; race < MAX_RACES; race++) {
      const { failures, revision } = (await this.store.get(userId)) ?? { failures: NONE, revision: 0 }
      const waitMs = waitAfter(failures, now)
      if (waitMs > 0) throw new Refusal(ErrorReason.RATE_LIMITED, {}, waitMs)
      if (await this.store.put(userId, { count: failures.count + 1, at: now }, revision)) return
    }
    throw new Refusal(ErrorReason.RATE_LIMITED, {}, RACE_WAIT_MS)
  }

  /** It was the right one. */
  async succeeded(userId: string): Promise<void> {
    await this.store.delete(userId)
  }
}

const NONE: Failures = { count: 0, at: 0 }
const RACE_WAIT_MS = 1_000
