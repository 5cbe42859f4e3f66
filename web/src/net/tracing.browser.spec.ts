import { afterEach, describe, expect, test, vi } from 'vitest'
import { Tracer } from './tracing.js'

vi.mock('./session.js', () => ({ accessToken: async () => 'token' }))

interface Sent {
  readonly name: string
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly links?: readonly object[]
  readonly startTimeUnixNano: string
  readonly endTimeUnixNano: string
}

/** Spans sent to the server from here on. */
function intercept() {
  const sent: Sent[] = []
  vi.spyOn(window, 'fetch').mockImplementation(async (_, init) => {
    const { resourceSpans } = JSON.parse(String(init?.body)) as {
      resourceSpans: { scopeSpans: { spans: Sent[] }[] }[]
    }
    sent.push(...resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans)))
    return new Response('{}')
  })
  return sent
}

afterEach(() => {
  vi.restoreAllMocks()
})

describe('Tracer', () => {
  test('a click, its request and the paint of the result are one trace', async () => {
    const sent = intercept()
    const tracer = new Tracer(1)
    const click = tracer.click(Date.now() - 40)
    const request = tracer.request('beseda.group.v1.GroupService/PostMessage', click?.traceparent ?? null)
    request?.end()
    click?.end()
    tracer.paint(request?.traceparent ?? '', true)
    await expect.poll(() => sent.map(({ name }) => name)).toHaveLength(3)
    const [asked, clicked, painted] = sent
    expect(new Set(sent.map(({ traceId }) => traceId)).size).toBe(1)
    expect([asked?.parentSpanId, painted?.parentSpanId]).toEqual([clicked?.spanId, asked?.spanId])
    expect(BigInt(clicked?.endTimeUnixNano ?? 0) - BigInt(clicked?.startTimeUnixNano ?? 0)).toBeGreaterThan(30_000_000n)
  })

  test('a replayed commit begins its own trace and links to the old one', async () => {
    const sent = intercept()
    new Tracer(1).paint(`00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`, false)
    await expect.poll(() => sent).toHaveLength(1)
    expect(sent[0]).not.toHaveProperty('parentSpanId')
    expect(sent[0]?.traceId).not.toBe('a'.repeat(32))
    expect(sent[0]?.links).toEqual([{ traceId: 'a'.repeat(32), spanId: 'b'.repeat(16) }])
  })

  test('nothing is recorded for actions that are not sampled, or for commits whose trace is not kept', () => {
    const tracer = new Tracer(0)
    expect(tracer.click(Date.now())).toBeUndefined()
    expect(tracer.request('x', null)).toBeUndefined()
    const frames = vi.spyOn(window, 'requestAnimationFrame')
    tracer.paint(`00-${'a'.repeat(32)}-${'b'.repeat(16)}-00`, true)
    tracer.paint('', true)
    expect(frames).not.toHaveBeenCalled()
  })
})
