import type { DescMethodUnary } from '@bufbuild/protobuf'
import { context, propagation, type Span, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api'
import { methodPath } from './methods.js'

const tracer = trace.getTracer('@beseda/rpc')

/** The W3C trace context of the present span; empty without an SDK. */
export function traceHeaders(): Record<string, string> {
  const carrier: Record<string, string> = {}
  propagation.inject(context.active(), carrier)
  return carrier
}

export const clientSpan = <T>(method: DescMethodUnary, call: () => Promise<T>): Promise<T> =>
  tracer.startActiveSpan(methodPath(method), { kind: SpanKind.CLIENT }, (span) => finish(span, call))

/** Runs a handler as a child of the caller's span. */
export function serverSpan<T>(
  method: DescMethodUnary,
  carrier: Record<string, string>,
  handle: () => Promise<T>,
): Promise<T> {
  const parent = propagation.extract(context.active(), carrier)
  return tracer.startActiveSpan(methodPath(method), { kind: SpanKind.SERVER }, parent, (span) => finish(span, handle))
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
