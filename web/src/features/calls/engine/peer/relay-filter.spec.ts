import fc from 'fast-check'
import type { SignalData } from 'simple-peer'
import { expect, test } from 'vitest'
import { onlyRelayed } from './relay-filter.js'

const address = fc.ipV4().filter((ip) => ip !== '0.0.0.0')
const candidate = fc
  .record({ type: fc.constantFrom('host', 'srflx', 'prflx', 'relay'), at: address, own: address })
  .map(({ type, at, own }) => ({
    type,
    own,
    line: `candidate:1 1 udp 41885439 ${at} 50000 typ ${type}${type === 'host' ? '' : ` raddr ${own} rport 40000`} generation 0`,
  }))

const trickled = (line: string): SignalData => ({
  type: 'candidate',
  candidate: { candidate: line, sdpMid: '0' } as never,
})

test('only relayed candidates are sent, without their related address', () => {
  fc.assert(
    fc.property(candidate, ({ type, line, own }) => {
      const sent = onlyRelayed(trickled(line))
      expect(sent !== undefined).toBe(type === 'relay')
      if (sent) expect(JSON.stringify(sent)).not.toContain(` ${own} `)
    }),
  )
})

test('candidates inside a description are filtered, too', () => {
  fc.assert(
    fc.property(fc.array(candidate), (candidates) => {
      const sdp = ['v=0', 'm=audio 9 UDP/TLS/RTP/SAVPF 111', ...candidates.map(({ line }) => `a=${line}`), 'a=mid:0']
      const sent = onlyRelayed({ type: 'offer', sdp: sdp.join('\r\n') })
      const lines = (sent && 'sdp' in sent ? (sent.sdp ?? '') : '').split('\r\n')
      expect(lines.filter((line) => line.startsWith('a=candidate:'))).toHaveLength(
        candidates.filter(({ type }) => type === 'relay').length,
      )
      expect(lines.join()).not.toMatch(/typ (host|srflx|prflx)/)
      expect(lines).toEqual(expect.arrayContaining(['v=0', 'm=audio 9 UDP/TLS/RTP/SAVPF 111', 'a=mid:0']))
    }),
  )
})

test('end-of-candidates and requests pass', () => {
  expect(onlyRelayed(trickled(''))).toBeDefined()
  expect(onlyRelayed({ type: 'renegotiate', renegotiate: true })).toBeDefined()
})
