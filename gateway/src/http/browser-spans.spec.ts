import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { browserSpans } from './browser-spans.js'

const span = {
  traceId: 'a'.repeat(32),
  spanId: 'b'.repeat(16),
  parentSpanId: 'c'.repeat(16),
  name: 'paint',
  kind: 5,
  startTimeUnixNano: '1795560000000000000',
  endTimeUnixNano: '1795560000100000000',
}
const bytes = (value: unknown) => new TextEncoder().encode(JSON.stringify(value))
const exported = (...spans: unknown[]) => bytes({ resourceSpans: [{ scopeSpans: [{ spans }] }] })
const read = (body: Uint8Array) =>
  (
    JSON.parse(browserSpans(body) ?? '{"resourceSpans":[]}') as {
      resourceSpans: { scopeSpans: { spans: object[] }[] }[]
    }
  ).resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans))

describe('browserSpans', () => {
  test('a span passes as it is, and its service is the browser whatever it says', () => {
    const text = browserSpans(exported(span)) ?? ''
    expect(read(exported(span))).toEqual([span])
    expect(text).toContain('{"key":"service.name","value":{"stringValue":"browser"}}')
  })

  test('links pass, other fields do not', () => {
    const link = { traceId: 'd'.repeat(32), spanId: 'e'.repeat(16) }
    const wordy = {
      ...span,
      attributes: [{ key: 'x' }],
      links: [{ ...link, attributes: [] }, 'no'],
      status: { code: 2 },
    }
    expect(read(exported(wordy))).toEqual([{ ...span, links: [link] }])
  })

  test.each([
    { name: 'drop table' },
    { name: 'beseda.group.v1.GroupService/PostMessage?' },
    { traceId: 'A'.repeat(32) },
    { spanId: 1 },
    { startTimeUnixNano: 12 },
    { endTimeUnixNano: '1' },
  ])('%o is left out', (change) => {
    expect(read(exported({ ...span, ...change }, span))).toEqual([span])
  })

  test('at most 64 at once', () => {
    expect(read(exported(...Array.from({ length: 100 }, () => span)))).toHaveLength(64)
  })

  test('nothing that is sent makes it throw', () => {
    fc.assert(fc.property(fc.json(), (text) => void browserSpans(new TextEncoder().encode(text))))
    fc.assert(fc.property(fc.uint8Array(), (body) => void browserSpans(body)))
    expect(browserSpans(exported(null, 3, [], 'x'))).toBeUndefined()
  })
})
