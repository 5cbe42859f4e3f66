import { availableParallelism } from 'node:os'
import { Semaphore } from '@beseda/async'
import { Refusal } from '@beseda/kernel'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { hash, verify } from '@node-rs/argon2'
import type { PasswordHashes } from '../../application/sign-in/ports.js'
import { formsOf, opaque } from '../../domain/sign-in/password-forms.js'

/** argon2id with OWASP's first choice: 19 MiB, two passes; some 30 ms of one core. */
const OPTIONS = { memoryCost: 19_456, timeCost: 2, parallelism: 1 }

/**
 * Hashes at once: one for each core, and at most three. Each takes a thread of the pool that also reads files and resolves names (four
 * threads): one stays free for these.
 */
const AT_ONCE = Math.min(3, availableParallelism())
/** Hashes that wait for each of these. More: people wait longer before they are refused; fewer: refusals during short bursts. */
const QUEUE_FOR_EACH = 32
/** The longest wait for a turn. Shorter than the time after which callers repeat a request (3 s), so that no work is done for nobody. */
const LONGEST_WAIT_MS = 2_000
/** When a refused caller should come back: the queue is empty by then. */
const RETRY_AFTER_MS = 3_000

export interface HashLimits {
  readonly atOnce: number
  readonly waiting: number
  readonly longestWaitMs: number
}

const LIMITS: HashLimits = { atOnce: AT_ONCE, waiting: AT_ONCE * QUEUE_FOR_EACH, longestWaitMs: LONGEST_WAIT_MS }

/** argon2id, a few at a time. Whoever would have to wait too long is refused: RATE_LIMITED. */
export class Argon2Passwords implements PasswordHashes {
  readonly #turns: Semaphore
  /** A hash that no password has: an unknown name takes as long as a wrong password. */
  readonly #nobody = hash(crypto.randomUUID(), OPTIONS)

  constructor(private readonly limits: HashLimits = LIMITS) {
    this.#turns = new Semaphore({ permits: limits.atOnce, queueLimit: limits.waiting })
  }

  hash(password: string): Promise<string> {
    return this.#inTurn(() => hash(opaque(password), OPTIONS))
  }

  async verify(stored: string | undefined, password: string): Promise<boolean> {
    const present = stored || (await this.#nobody)
    const isRight = await this.#inTurn(() => verifyForms(present, password))
    return isRight && stored !== undefined && stored !== ''
  }

  /** A task whose turn comes too late gives it up at once, so that those behind it are answered in time. */
  async #inTurn<T>(task: () => Promise<T>): Promise<T> {
    if (this.#turns.full) throw overloaded()
    const deadline = performance.now() + this.limits.longestWaitMs
    return this.#turns.run(() => {
      if (performance.now() > deadline) throw overloaded()
      return task()
    })
  }
}

/** Plain passwords have one form. All forms are tried for an unknown name, too, so that the time of the answer does not tell. */
async function verifyForms(stored: string, password: string): Promise<boolean> {
  for (const form of formsOf(password)) if (await verify(stored, form)) return true
  return false
}

const overloaded = () => new Refusal(ErrorReason.RATE_LIMITED, {}, RETRY_AFTER_MS)
