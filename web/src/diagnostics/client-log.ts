import { errorFacts } from './error-facts.js'

/** What the gateway counts: `ClientEventKind` of the contract without its prefix. */
export type EventKind =
  | 'STARTED'
  | 'CONNECTED'
  | 'DISCONNECTED'
  | 'STOPPED'
  | 'ERROR'
  | 'HANDLED_ERROR'
  | 'REQUEST_FAILED'
  | 'STORAGE_FAILED'
  | 'CALL_JOINED'
  | 'CALL_CONNECTED'
  | 'CALL_FAILED'
  | 'CALL_LEFT'
  | 'MEDIA_FAILED'

export interface StepDetails {
  /** A name or a code, never text that a person wrote: `[0-9A-Za-z_-]{1,64}`. */
  readonly reason?: string
  readonly durationMs?: number
  /** If given, the step is also reported to the gateway; otherwise it stays in this window. */
  readonly kind?: EventKind
  /** Stack frames in the client's code, innermost first. */
  readonly stack?: readonly string[]
}

/** One life-cycle step of this window. It holds no content: no text, name, address or token. */
export interface Step extends StepDetails {
  /** Unix ms. */
  readonly at: number
  /** Part of the client, as in `gateway-link`: `[a-z0-9.-]{1,64}`. */
  readonly source: string
  /** What happened, in a word or two. */
  readonly step: string
  /** Number of consecutive repetitions; `at` is the time of the last. */
  readonly times: number
}

/** Steps kept for "Copy diagnostics". More: a longer history and a longer text; a day of a healthy window has some dozens. */
const KEPT = 200

/** The last life-cycle steps and errors of this window, in memory only. */
export class ClientLog {
  readonly #steps: Step[] = []
  #report: (step: Step) => void = () => undefined

  constructor(private readonly now: () => number) {}

  /** Oldest first. */
  get steps(): readonly Step[] {
    return this.#steps
  }

  /** From now on steps with a kind are also passed to `report`, and so are those already in the log. */
  reportTo(report: (step: Step) => void): void {
    this.#report = report
    for (const step of this.#steps) if (step.kind) report(step)
  }

  step(source: string, step: string, details: StepDetails = {}): void {
    const last = this.#steps.at(-1)
    const again = last?.source === source && last.step === step && last.reason === details.reason
    const entry: Step = { at: this.now(), source, step, times: again ? last.times + 1 : 1, ...details }
    if (again) this.#steps.pop()
    this.#steps.push(entry)
    if (this.#steps.length > KEPT) this.#steps.shift()
    if (entry.kind) this.#report(entry)
  }

  /**
   * Logs an error. `kind` is what it is reported as; a failed request is REQUEST_FAILED instead. An unreachable server and
   * a cancellation are logged and not reported: the first shows in the connection, the second is not a fault.
   */
  error(source: string, error: unknown, kind: EventKind): void {
    const { reason, stack, isRequest, isExpected } = errorFacts(error)
    const reported = isRequest && kind === 'HANDLED_ERROR' ? 'REQUEST_FAILED' : kind
    const places = stack.length > 0 ? { stack } : {}
    this.step(source, 'error', { reason, ...places, ...(isExpected ? {} : { kind: reported }) })
  }
}
