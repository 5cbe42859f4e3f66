import { describe, expect, it } from 'vitest'
import { actionAt, MIX } from './engine/mix.mjs'
import { assertLoopback } from './loopback.mjs'
import { verdictOf } from './verdict.mjs'

describe('assertLoopback', () => {
  it.each(['http://127.0.0.1:8080', 'http://localhost', 'https://[::1]:8443/x', 'http://127.8.9.10'])(
    'lets %s be',
    (target) => {
      expect(() => assertLoopback(target)).not.toThrow()
    },
  )

  it.each(['http://192.168.1.4', 'http://example.org', 'http://127.0.0.1.example.org', 'http://localhost.example.org'])(
    'refuses %s',
    (target) => {
      expect(() => assertLoopback(target)).toThrow('is not this machine')
    },
  )

  it.each(['ws://127.0.0.1', 'here', 'file:///etc'])('refuses %s, which is no HTTP address', (target) => {
    expect(() => assertLoopback(target)).toThrow('must be an HTTP address')
  })
})

describe('verdictOf', () => {
  const latency = { min: 1, max: 9, mean: 3, count: 4_000, p50: 2, p95: 5, p99: 8 }
  const good = { 'beseda.requests': 4_000, 'beseda.message.lost': 0, 'vusers.completed': 6, 'vusers.failed': 0 }
  const problems = (counters: Record<string, number>, request = latency) =>
    verdictOf({ counters: { ...good, ...counters }, summaries: { 'beseda.request': request } }).problems

  it('accepts a campaign that passed, though some had to wait and one request failed', () => {
    expect(problems({ 'beseda.rate_limited': 3 })).toEqual([])
    expect(problems({ 'beseda.refused': 1 })).toEqual([])
  })

  it('shows latencies', () => {
    const { lines } = verdictOf({ counters: good, summaries: { 'beseda.request': latency, other: latency } })
    expect(lines).toEqual([expect.stringMatching(/^beseda\.request +4000 times {3}mean 3 ms {3}p50 2 ms .* p99 8 ms$/)])
  })

  it.each([
    [{ 'beseda.requests': 0 }, 'nothing was asked'],
    [{ 'beseda.message.lost': 2 }, '2 messages were lost'],
    [{ 'beseda.message.duplicated': 1 }, '1 messages came twice'],
    [{ 'errors.ECONNREFUSED': 4 }, 'errors.ECONNREFUSED: 4'],
    [{ 'beseda.closed.4003': 2 }, 'beseda.closed.4003: 2'],
    [{ 'beseda.refused': 2 }, '2 of 4000 requests failed, more than 0.025 %'],
  ])('%o fails the campaign', (counters, problem) => {
    expect(problems(counters as Record<string, number>)).toContain(problem)
  })

  it('fails a slow campaign', () => {
    expect(problems({}, { ...latency, mean: 101 })).toEqual(['a request takes 101 ms in the mean, more than 100'])
    expect(problems({}, { ...latency, p99: 2_001 })).toEqual(['one request in a hundred takes 2001 ms, more than 2000'])
  })
})

describe('the mix', () => {
  it('is the published one, and the rest is ours', () => {
    expect(Object.values(MIX).reduce((sum: number, weight) => sum + weight, 0)).toBeCloseTo(100)
    const drawn = Array.from({ length: 10_000 }, (_, i) => actionAt((i + 0.5) / 10_000))
    const share = (name: string) => drawn.filter((one) => one === name).length / 100
    expect([share('open'), share('scroll'), share('post')]).toEqual([42, 13, 6.5])
    expect(new Set(drawn)).toEqual(new Set(Object.keys(MIX)))
  })
})
