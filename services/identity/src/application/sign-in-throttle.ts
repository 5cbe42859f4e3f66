import { Refusal } from '@beseda/kernel'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { type Failures, waitAfter } from '../domain/throttle.js'

/** Where wrong passwords are counted, for all replicas. */
export interface FailureStore {
  get(userId: string): Promise<{ readonly failures: Failures; readonly revision: number } | undefined>
  /** `revision`: what it replaces; 0: nothing. False: somebody else wrote meanwhile. */
  put(userId: string, failures: Failures, revision: number): Promise<boolean>
  delete(userId: string): Promise<void>
}

/** Guesses that meet in the same moment. Each round one of them gets through, so nobody honest comes near. */
const MAX_RACES = 10

/**
 * Slows down who guesses the password of one account, from however many addresses. A try counts as a failure before the
 * password is looked at: of a thousand guesses at once only the first few are looked at at all.
 */
export class SignInThrottle {
  constructor(private readonly store: FailureStore) {}

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
