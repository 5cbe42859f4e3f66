import { describe, expect, it } from 'vitest'
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
  const latency = { min: 1, max: 9, count: 30, p50: 2, p95: 5, p99: 8 }
  const summaries = { 'beseda.message.post': latency }
  const good = { 'beseda.message.posted': 30, 'beseda.message.lost': 0, 'vusers.completed': 6, 'vusers.failed': 0 }
  const problems = (counters: Record<string, number>) =>
    verdictOf({ counters: { ...good, ...counters }, summaries }).problems

  it('has nothing against a campaign that held, though some had to wait', () => {
    expect(problems({ 'beseda.rate_limited': 3 })).toEqual([])
  })

  it('shows latencies, also those that were not measured', () => {
    const { lines } = verdictOf({ counters: good, summaries })
    expect(lines[1]).toMatch(/^beseda\.message\.post +30 times {3}p50 2 ms {3}p95 5 ms {3}p99 8 ms$/)
    expect(lines[2]).toMatch(/^beseda\.message\.delivery +0 times/)
  })

  it.each([
    [{ 'beseda.message.posted': 0 }, 'no message was posted'],
    [{ 'beseda.message.lost': 2 }, '2 messages were lost'],
    [{ 'beseda.message.duplicated': 1 }, '1 messages came twice'],
    [{ 'vusers.failed': 1 }, '1 people could not finish'],
    [{ 'errors.ECONNREFUSED': 4 }, 'errors.ECONNREFUSED: 4'],
    [{ 'beseda.closed.4003': 1 }, 'beseda.closed.4003: 1'],
  ])('%o speaks against it', (counters, problem) => {
    expect(problems(counters as Record<string, number>)).toEqual([problem])
  })
})
