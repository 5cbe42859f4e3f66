import { ExpiringMap } from '@beseda/async'
import { IdentityService } from '@beseda/proto/identity/v1/identity_service'
import { type Client, createClient, type Transport } from '@connectrpc/connect'

/** An access token lives 10 minutes; an ended session is remembered until no token of it can verify. */
const REMEMBER_MS = 11 * 60_000
/** Sessions remembered. If more end within that time, tokens of the oldest could work again until they expire. */
const MAX_REMEMBERED = 1_000_000
/** Interval of the questions for what ended since the last one: so late a session counts as ended whose notice on the bus was lost. */
const ROUND_MS = 5_000
const TIMEOUT_MS = 5_000

/** A session that has ended. */
export interface EndedSession {
  readonly userId: string
  readonly sessionId: string
}

/**
 * The sessions that have ended while their access tokens may still verify. The bus announces each end, once; identity is asked for those that
 * ended before this gateway started, and for those whose notice was lost.
 */
export class EndedSessions {
  readonly #identity: Client<typeof IdentityService>
  readonly #ended = new ExpiringMap<{ readonly expiresAt: number }>(MAX_REMEMBERED)
  #cursor = 0n
  /** Counts the times that everything is asked for from the start; an answer to a question from before means nothing. */
  #run = 0
  #isComplete = false
  #running: Promise<void> | undefined
  #timer: NodeJS.Timeout | undefined

  /** `onEnded`: called for sessions that identity reports, when they are remembered. */
  constructor(
    rpc: Transport,
    private readonly onEnded: (ended: EndedSession) => void,
    private readonly onFailure: (error: unknown) => void,
  ) {
    this.#identity = createClient(IdentityService, rpc)
  }

  start(): void {
    this.#timer = setInterval(() => this.#round().catch(this.onFailure), ROUND_MS)
    this.#round().catch(this.onFailure)
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  /** Everything that ended before this gateway started is known. Until then no token may be accepted. */
  get isComplete(): boolean {
    return this.#isComplete
  }

  /** Resolves when {@link isComplete} holds. Errors: those of the identity service. */
  async complete(): Promise<void> {
    if (!this.#isComplete) await this.#round()
  }

  /** To be called when the streams of the log were replaced: the cursor means nothing any more. */
  startOver(): void {
    this.#cursor = 0n
    this.#run++
  }

  has(sessionId: string): boolean {
    return this.#ended.get(sessionId, performance.now()) !== undefined
  }

  remember(sessionId: string): void {
    const now = performance.now()
    this.#ended.set(sessionId, { expiresAt: now + REMEMBER_MS }, now)
  }

  /** Asks once; a call during a round waits for that round. */
  #round(): Promise<void> {
    this.#running ??= this.#ask().finally(() => {
      this.#running = undefined
    })
    return this.#running
  }

  async #ask(): Promise<void> {
    for (;;) {
      const [run, request] = [this.#run, { cursor: this.#cursor }]
      const { ended, cursor, hasMore } = await this.#identity.listEndedSessions(request, { timeoutMs: TIMEOUT_MS })
      if (run !== this.#run) continue
      for (const { userId, sessionId } of ended) {
        if (this.has(sessionId)) continue
        this.remember(sessionId)
        this.onEnded({ userId, sessionId })
      }
      this.#cursor = cursor
      if (!hasMore) break
    }
    this.#isComplete = true
  }
}
