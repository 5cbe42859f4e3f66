/** Names of spans that a browser may send: a click, a request, and the painting of a commit. */
const NAME = /^(click|paint|beseda\.[a-z]+\.v1\.[A-Za-z]+\/[A-Za-z]+)$/
const TRACE_ID = /^[0-9a-f]{32}$/
const SPAN_ID = /^[0-9a-f]{16}$/
/** Unix nanoseconds. */
const NANOS = /^\d{19}$/
const KINDS = [1, 3, 5]
const MAX_SPANS = 64

interface Link {
  readonly traceId: string
  readonly spanId: string
}
interface Span extends Link {
  readonly parentSpanId?: string
  readonly name: string
  readonly kind: number
  readonly startTimeUnixNano: string
  readonly endTimeUnixNano: string
  readonly links?: readonly Link[]
}

/**
 * The spans of a browser's export, rebuilt from the expected fields only, as service `browser`. Undefined: there are none. Anybody who is
 * signed in can send anything, so nothing reaches the collector as it came.
 */
export function browserSpans(body: Uint8Array): string | undefined {
  const spans = readSpans(body).slice(0, MAX_SPANS).flatMap(clean)
  if (spans.length === 0) return undefined
  const attributes = [{ key: 'service.name', value: { stringValue: 'browser' } }]
  return JSON.stringify({ resourceSpans: [{ resource: { attributes }, scopeSpans: [{ spans }] }] })
}

function readSpans(body: Uint8Array): unknown[] {
  try {
    const { resourceSpans } = JSON.parse(new TextDecoder().decode(body)) as {
      resourceSpans: { scopeSpans: { spans: unknown[] }[] }[]
    }
    return resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans))
  } catch {
    // Not the JSON of spans: a client that sends it loses only its own traces.
    return []
  }
}

const isText = (value: unknown, shape: RegExp): value is string => typeof value === 'string' && shape.test(value)

function clean(value: unknown): Span[] {
  if (typeof value !== 'object' || value === null) return []
  const { traceId, spanId, parentSpanId, name, kind, startTimeUnixNano, endTimeUnixNano, links } =
    value as Partial<Span>
  if (!isText(traceId, TRACE_ID) || !isText(spanId, SPAN_ID) || !isText(name, NAME)) return []
  if (!isText(startTimeUnixNano, NANOS) || !isText(endTimeUnixNano, NANOS)) return []
  const linked = Array.isArray(links) ? links.slice(0, 4).flatMap(cleanLink) : []
  return [
    {
      traceId,
      spanId,
      name,
      kind: kind !== undefined && KINDS.includes(kind) ? kind : 1,
      startTimeUnixNano,
      endTimeUnixNano,
      ...(isText(parentSpanId, SPAN_ID) ? { parentSpanId } : {}),
      ...(linked.length > 0 ? { links: linked } : {}),
    },
  ]
}

function cleanLink(value: unknown): Link[] {
  if (typeof value !== 'object' || value === null) return []
  const { traceId, spanId } = value as Partial<Link>
  return isText(traceId, TRACE_ID) && isText(spanId, SPAN_ID) ? [{ traceId, spanId }] : []
}
