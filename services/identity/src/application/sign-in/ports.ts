import type { Failures } from '../../domain/sign-in/throttle.js'

/** Hashes of passwords, slow on purpose. Errors: RATE_LIMITED when too many requests are waiting. */
export abstract class PasswordHashes {
  /** PHC string. */
  abstract hash(password: string): Promise<string>
  /** Takes as long for an empty or missing hash, which no password matches. */
  abstract verify(stored: string | undefined, password: string): Promise<boolean>
}

/** Counts of wrong passwords, shared by all replicas. */
export abstract class FailureStore {
  abstract get(userId: string): Promise<{ readonly failures: Failures; readonly revision: number } | undefined>
  /** `revision`: what it replaces; 0: nothing. False: another replica wrote meanwhile. */
  abstract put(userId: string, failures: Failures, revision: number): Promise<boolean>
  abstract delete(userId: string): Promise<void>
}
