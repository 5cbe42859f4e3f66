import fc from 'fast-check'
import { expect, test } from 'vitest'
import { barsOf, readStats, type StatsReport } from './stats.js'

const report = (at: number, ...entries: Record<string, unknown>[]): StatsReport =>
  new Map(entries.map((entry) => [String(entry.id), { ...entry, timestamp: at }])) as unknown as StatsReport

const second = (at: number, received: number, lost: number, bytes: number) =>
  report(
    at,
    { id: 't', type: 'transport', selectedCandidatePairId: 'p' },
    {
      id: 'p',
      type: 'candidate-pair',
      localCandidateId: 'l',
      remoteCandidateId: 'r',
      currentRoundTripTime: 0.042,
      availableOutgoingBitrate: 900_000,
      bytesSent: bytes,
      bytesReceived: bytes * 2,
    },
    { id: 'l', type: 'local-candidate', candidateType: 'relay', protocol: 'udp', relayProtocol: 'tls' },
    { id: 'r', type: 'remote-candidate', candidateType: 'host', protocol: 'udp' },
    { id: 'c', type: 'codec', mimeType: 'audio/opus' },
    { id: 'v', type: 'codec', mimeType: 'video/VP8' },
    {
      id: 'a',
      type: 'inbound-rtp',
      kind: 'audio',
      codecId: 'c',
      jitter: 0.012,
      packetsReceived: received,
      packetsLost: lost,
      audioLevel: 0.3,
    },
    {
      id: 'x',
      type: 'inbound-rtp',
      kind: 'video',
      codecId: 'v',
      frameWidth: 640,
      frameHeight: 360,
      framesPerSecond: 24,
    },
    { id: 'ri', type: 'remote-inbound-rtp', kind: 'audio', fractionLost: 0.05 },
  )

test('rates are computed between two reports', () => {
  const stats = readStats(second(2_000, 195, 5, 25_000), second(1_000, 100, 0, 0), true)
  expect(stats).toMatchObject({
    rttMs: 42,
    jitterMs: 12,
    lossIn: 0.05,
    lossOut: 0.05,
    sentBps: 200_000,
    receivedBps: 400_000,
    availableBps: 900_000,
    videoIn: { width: 640, height: 360, fps: 24, codec: 'VP8' },
    videoOut: undefined,
    audioCodec: 'opus',
    local: 'relay',
    remote: 'host',
    transport: 'tls',
    audioLevel: 0.3,
    bars: 2,
  })
})

test('a first or an empty report reports no trouble', () => {
  expect(readStats(second(1_000, 100, 50, 10_000), undefined, true)).toMatchObject({ lossIn: 0, sentBps: 0 })
  expect(readStats(report(0), undefined, false)).toMatchObject({ bars: 0, local: '', audioLevel: undefined })
})

test('bars never rise when the path becomes worse', () => {
  const way = fc.record({
    loss: fc.double({ min: 0, max: 1, noNaN: true }),
    rttMs: fc.nat(2_000),
    jitterMs: fc.nat(400),
    more: fc.constantFrom('loss', 'rttMs', 'jitterMs'),
    by: fc.double({ min: 0, max: 500, noNaN: true }),
  })
  fc.assert(
    fc.property(way, ({ more, by, ...now }) => {
      const worse = { ...now, [more]: now[more as 'loss'] + by }
      expect(barsOf({ connected: true, ...worse })).toBeLessThanOrEqual(barsOf({ connected: true, ...now }))
      expect(barsOf({ connected: true, ...now })).toBeGreaterThanOrEqual(1)
    }),
  )
  expect(barsOf({ connected: false, loss: 0, rttMs: 0, jitterMs: 0 })).toBe(0)
})
