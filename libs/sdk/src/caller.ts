import { backoffMs } from '@beseda/kernel'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { type DescMessage, type DescMethodUnary, fromBinary, type MessageShape, toBinary } from '@bufbuild/protobuf'
import { MethodOptions_IdempotencyLevel } from '@bufbuild/protobuf/wkt'
import type { CallOptions } from './api.js'
import { BesedaError, closedError, errorOf, unavailable } from './errors.js'
import { sleep } from './sleep.js'

/** One try without an answer is given up after this time. Shorter: a slow server fails; longer: a dead one is noticed late. */
const TRY_MS = 15_000
/** The first and the longest wait between two tries. */
const [FIRST_MS, LONGEST_MS] = [200, 5_000]

const TYPE = 'application/proto'

export interface Credentials {
  /** Undefined: nobody is signed in. */
  access(): Promise<string | undefined>
  /** The server refuses this token. True: there will be another one. */
  refused(token: string): boolean
}

export interface CallerParts {
  readonly url: string
  readonly credentials: Credentials
  readonly patienceMs: number
  /** Aborted when the client is closed. */
  readonly closed: AbortSignal
}

/** Whether a request may be sent again when its answer is lost: the contract says that a repeat changes nothing more. */
const isRepeatable = ({ idempotency }: DescMethodUnary): boolean =>
  idempotency !== MethodOptions_IdempotencyLevel.IDEMPOTENCY_UNKNOWN

/** How long to wait before the same request is sent again; undefined: never. */
export function waitBeforeRepeat(error: BesedaError, method: DescMethodUnary, attempt: number, random: number) {
  const waitMs = backoffMs(attempt, random, FIRST_MS, LONGEST_MS)
  // Refused without being carried out, so any method may be repeated.
  if (error.reason === ErrorReason.RATE_LIMITED) return Math.max(error.retryAfterMs, waitMs)
  return error.reason === ErrorReason.UNAVAILABLE && isRepeatable(method) ? waitMs : undefined
}

/** Errors: BesedaError; something in between has answered with what is no message. */
function answerOf<O extends DescMessage>(output: O, bytes: Uint8Array): MessageShape<O> {
  try {
    return fromBinary(output, bytes)
  } catch (error) {
    throw unavailable(error)
  }
}

/** Why a call was ended: the client was closed, or the caller's own signal was aborted. */
const endedBy = (reason: unknown): BesedaError => (reason instanceof BesedaError ? reason : unavailable(reason))

/** Calls methods over HTTP (Connect unary in binary), again while the server is away and the contract allows a repeat. */
export class Caller {
  constructor(private readonly parts: CallerParts) {}

  /** Errors: BesedaError; and what the program throws while it keeps new tokens. */
  async call<I extends DescMessage, O extends DescMessage>(
    method: DescMethodUnary<I, O>,
    request: MessageShape<I>,
    { signal }: CallOptions = {},
  ): Promise<MessageShape<O>> {
    const { patienceMs, closed } = this.parts
    const payload = toBinary(method.input, request)
    const stop = signal ? AbortSignal.any([closed, signal]) : closed
    const began = performance.now()
    for (let attempt = 0; ; attempt++) {
      try {
        return answerOf(method.output, await this.#signedIn(method, payload, stop))
      } catch (error) {
        if (stop.aborted) throw endedBy(stop.reason)
        if (!(error instanceof BesedaError)) throw error
        const waitMs = waitBeforeRepeat(error, method, attempt, Math.random())
        if (waitMs === undefined || performance.now() - began + waitMs > patienceMs) throw error
        await sleep(waitMs, stop).catch((reason: unknown) => {
          throw endedBy(reason)
        })
      }
    }
  }

  /** Once more when the token has expired meanwhile. */
  async #signedIn(method: DescMethodUnary, payload: Uint8Array<ArrayBuffer>, stop: AbortSignal): Promise<Uint8Array> {
    const { credentials } = this.parts
    const token = await credentials.access()
    try {
      return await this.#post(method, payload, token, stop)
    } catch (error) {
      const isExpired = error instanceof BesedaError && error.reason === ErrorReason.TOKEN_EXPIRED
      if (!isExpired || token === undefined || !credentials.refused(token)) throw error
      return this.#post(method, payload, await credentials.access(), stop)
    }
  }

  async #post(
    method: DescMethodUnary,
    body: Uint8Array<ArrayBuffer>,
    token: string | undefined,
    stop: AbortSignal,
  ): Promise<Uint8Array> {
    const { url, closed } = this.parts
    if (closed.aborted) throw closedError()
    try {
      const response = await fetch(`${url}/api/${method.parent.typeName}/${method.name}`, {
        method: 'POST',
        headers: { 'Content-Type': TYPE, ...(token ? { Authorization: `Bearer ${token}` } : {}) },
        body,
        signal: AbortSignal.any([stop, AbortSignal.timeout(TRY_MS)]),
      })
      // An answer without JSON, or of another type, comes from a proxy in between: the gateway has said nothing.
      if (!response.ok) throw errorOf(await response.json().catch(() => undefined))
      const type = response.headers.get('Content-Type')
      if (!type?.startsWith(TYPE)) throw unavailable(new Error(`the answer is ${type}`))
      return new Uint8Array(await response.arrayBuffer())
    } catch (error) {
      if (stop.aborted || error instanceof BesedaError) throw error
      throw unavailable(error)
    }
  }
}
