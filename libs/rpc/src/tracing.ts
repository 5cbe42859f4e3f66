import type { DescMethodUnary } from '@bufbuild/protobuf'
import { context, propagation, type Span, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api'
import { methodPath } from './methods.js'

const tracer = trace.getTracer('@beseda/rpc')

/** The W3C trace context of the active span as headers; empty without an SDK. */
export function traceHeaders(): Record<string, string> {
  const carrier: Record<string, string> = {}
  propagation.inject(context.active(), carrier)
  return carrier
}

/** Runs a call as a child of `traceparent` (sent by a client), otherwise of the active span. */
export function clientSpan<T>(method: DescMethodUnary, call: () => Promise<T>, traceparent?: string): Promise<T> {
  const parent = traceparent === undefined ? context.active() : contextOf(traceparent)
  return tracer.startActiveSpan(methodPath(method), { kind: SpanKind.CLIENT }, parent, (span) => finish(span, call))
}

/** Runs a handler as a child of the caller's span. */
export function serverSpan<T>(
  method: DescMethodUnary,
  carrier: Record<string, string>,
  handle: () => Promise<T>,
): Promise<T> {
  const parent = propagation.extract(context.active(), carrier)
  return tracer.startActiveSpan(methodPath(method), { kind: SpanKind.SERVER }, parent, (span) => finish(span, handle))
}

/** Runs the append of a commit as a child of its command's span. */
export function producerSpan<T>(name: string, traceparent: string, append: () => Promise<T>): Promise<T> {
  if (traceparent === '') return append()
  const parent = contextOf(traceparent)
  return tracer.startActiveSpan(name, { kind: SpanKind.PRODUCER }, parent, (span) => finish(span, append))
}

const contextOf = (traceparent: string) => propagation.extract(context.active(), { traceparent })

/** Matches a `traceparent` whose trace is recorded. */
const SAMPLED = /^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f][13579bdf]$/

/**
 * Records that a commit was delivered: live in the trace of its command, from a replay (which may be years later) in a trace of its
 * own that links to it. Does nothing for commits whose trace is not recorded.
 */
export function consumed(name: string, traceparent: string, live: boolean): void {
  if (!SAMPLED.test(traceparent)) return
  const origin = contextOf(traceparent)
  const span = live ? undefined : trace.getSpanContext(origin)
  const options = { kind: SpanKind.CONSUMER, ...(span ? { root: true, links: [{ context: span }] } : {}) }
  tracer.startSpan(name, options, live ? origin : context.active()).end()
}

async function finish<T>(span: Span, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    span.setStatus({ code: SpanStatusCode.ERROR, message: String(error) })
    throw error
  } finally {
    span.end()
  }
}
