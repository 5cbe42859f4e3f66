import { Refusal } from '@beseda/kernel'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { type Failures, waitAfter } from '../domain/throttle.js'

/** Where wrong passwords are counted, for all replicas. */
export interface FailureStore {
  get(userId: string): Promise<Failures | undefined>
  put(userId: string, failures: Failures): Promise<void>
  delete(userId: string): Promise<void>
}

/** Slows down who guesses the password of one account, from however many addresses. */
export class SignInThrottle {
  constructor(private readonly store: FailureStore) {}

  /** Errors: RATE_LIMITED. `now`: Unix ms. */
  async check(userId: string, now: number): Promise<void> {
    const failures = await this.store.get(userId)
    const waitMs = failures ? waitAfter(failures, now) : 0
    if (waitMs > 0) throw new Refusal(ErrorReason.RATE_LIMITED, {}, waitMs)
  }

  async failed(userId: string, now: number): Promise<void> {
    const count = (await this.store.get(userId))?.count ?? 0
    await this.store.put(userId, { count: count + 1, at: now })
  }

  async succeeded(userId: string): Promise<void> {
    if (await this.store.get(userId)) await this.store.delete(userId)
  }
}
