import { accessToken } from './session.js'

/** Span kinds of OTLP: internal, client, consumer. */
const INTERNAL = 1
const CLIENT = 3
const CONSUMER = 5

const SAMPLED = /^00-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f][13579bdf]$/
/** Spans are sent in batches; the server accepts 64 at once. */
const FLUSH_MS = 2_000
const MAX_WAITING = 60

interface SpanContext {
  readonly traceId: string
  readonly spanId: string
}
interface Record_ extends SpanContext {
  readonly parentSpanId?: string
  readonly name: string
  readonly kind: number
  readonly startTimeUnixNano: string
  readonly endTimeUnixNano: string
  readonly links?: readonly SpanContext[]
}

/** A span in progress. */
export interface Span {
  /** W3C trace context, for what it causes. */
  readonly traceparent: string
  end(): void
}

const hex = (bytes: number): string =>
  Array.from(crypto.getRandomValues(new Uint8Array(bytes)), (byte) => byte.toString(16).padStart(2, '0')).join('')
const nowMs = (): number => performance.timeOrigin + performance.now()
const nanos = (ms: number): string => `${Math.round(ms * 1_000)}000`

function placeOf(traceparent: string | null | undefined): SpanContext | undefined {
  const [, traceId, spanId] = SAMPLED.exec(traceparent ?? '') ?? []
  return traceId && spanId ? { traceId, spanId } : undefined
}

/**
 * The browser's part of a trace, loaded only where the server asks for it (`Ready.trace_ratio`): an action of the person, its
 * requests, and the paint of commits by others. OTLP in JSON, without a library.
 */
export class Tracer {
  #waiting: Record_[] = []
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(private readonly ratio: number) {
    document.addEventListener('visibilitychange', () => {
      if (document.visibilityState === 'hidden') void this.#flush()
    })
  }

  /** An action of the person at a time (Unix ms): the root of a trace, or undefined if it is not sampled. */
  click(startedAt: number): Span | undefined {
    return Math.random() < this.ratio ? this.#begin('click', INTERNAL, undefined, startedAt) : undefined
  }

  /** A request, caused by another span or by itself. */
  request(name: string, traceparent: string | null): Span | undefined {
    const cause = placeOf(traceparent)
    return cause || Math.random() < this.ratio ? this.#begin(name, CLIENT, cause, nowMs()) : undefined
  }

  /** A commit has arrived: the span ends when the browser has painted the change. A replayed one only links to its trace. */
  paint(traceparent: string, live: boolean): void {
    const origin = placeOf(traceparent)
    if (!origin || document.visibilityState !== 'visible') return
    const span = this.#begin('paint', CONSUMER, live ? origin : undefined, nowMs(), live ? [] : [origin])
    // The frame after the next begins when the next one has been painted.
    requestAnimationFrame(() => requestAnimationFrame(() => span.end()))
  }

  #begin(
    name: string,
    kind: number,
    cause: SpanContext | undefined,
    startedAt: number,
    links: readonly SpanContext[] = [],
  ): Span {
    const [traceId, spanId] = [cause?.traceId ?? hex(16), hex(8)]
    const end = () =>
      this.#keep({
        traceId,
        spanId,
        ...(cause ? { parentSpanId: cause.spanId } : {}),
        ...(links.length > 0 ? { links } : {}),
        name,
        kind,
        startTimeUnixNano: nanos(startedAt),
        endTimeUnixNano: nanos(nowMs()),
      })
    return { traceparent: `00-${traceId}-${spanId}-01`, end }
  }

  #keep(record: Record_): void {
    if (this.#waiting.length < MAX_WAITING) this.#waiting.push(record)
    this.#timer ??= setTimeout(() => void this.#flush(), FLUSH_MS)
  }

  async #flush(): Promise<void> {
    clearTimeout(this.#timer)
    this.#timer = undefined
    const spans = this.#waiting.splice(0)
    // Spans may be lost: without a token, and without a network.
    const token = spans.length > 0 ? await accessToken().catch(() => undefined) : undefined
    if (token === undefined) return
    const headers = { 'Content-Type': 'application/json', Authorization: `Bearer ${token}` }
    const body = JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans }] }] })
    // As above.
    await fetch('/telemetry/v1/traces', { method: 'POST', headers, body, keepalive: true }).catch(() => undefined)
  }
}
