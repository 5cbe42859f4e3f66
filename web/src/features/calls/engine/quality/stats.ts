/** One second of a link, from `getStats`. Rates in bits a second, times in ms, shares from 0 to 1. */
export interface LinkStats {
  readonly bars: Bars
  readonly rttMs: number
  readonly jitterMs: number
  /** Share of received packets lost. */
  readonly lossIn: number
  /** Share of sent packets lost, as reported by the other side. */
  readonly lossOut: number
  readonly sentBps: number
  readonly receivedBps: number
  /** The browser's estimate of the outgoing bandwidth. */
  readonly availableBps: number | undefined
  readonly videoIn: VideoStats | undefined
  readonly videoOut: VideoStats | undefined
  readonly audioCodec: string
  /** Types of the selected candidates, as in "relay", and the transport, as in "udp". */
  readonly local: string
  readonly remote: string
  readonly transport: string
  /** Level of the other's voice, 0 to 1. */
  readonly audioLevel: number | undefined
}

export interface VideoStats {
  readonly width: number
  readonly height: number
  readonly fps: number
  readonly codec: string
}

/** 4 very good, 3 good, 2 fair, 1 poor, 0 no media. */
export type Bars = 0 | 1 | 2 | 3 | 4

type Entry = Readonly<Record<string, unknown>> & {
  readonly id: string
  readonly type: string
  readonly timestamp: number
}
export type StatsReport = ReadonlyMap<string, Entry>

const number = (entry: Entry | undefined, key: string): number => {
  const value = entry?.[key]
  return typeof value === 'number' && Number.isFinite(value) ? value : 0
}
const text = (entry: Entry | undefined, key: string): string => {
  const value = entry?.[key]
  return typeof value === 'string' ? value : ''
}

/** Compares a report with the previous one; the first has no rates. */
export function readStats(report: StatsReport, before: StatsReport | undefined, connected: boolean): LinkStats {
  const all = [...report.values()]
  const of = (type: string, kind?: string) =>
    all.filter((entry) => entry.type === type && (kind === undefined || entry.kind === kind))
  const transport = of('transport')[0]
  const pair =
    report.get(text(transport, 'selectedCandidatePairId')) ??
    of('candidate-pair').find((entry) => entry.nominated === true && entry.state === 'succeeded')
  const [local, remote] = [report.get(text(pair, 'localCandidateId')), report.get(text(pair, 'remoteCandidateId'))]
  const inbound = of('inbound-rtp')
  const reports = of('remote-inbound-rtp')
  const audio = of('inbound-rtp', 'audio')[0]
  const lost = delta(inbound, before, 'packetsLost')
  const lossIn = share(lost, delta(inbound, before, 'packetsReceived') + lost)
  const lossOut = Math.max(0, ...reports.map((entry) => number(entry, 'fractionLost')))
  const rttMs = 1_000 * (number(pair, 'currentRoundTripTime') || number(reports[0], 'roundTripTime'))
  const jitterMs = 1_000 * number(audio, 'jitter')
  const available = number(pair, 'availableOutgoingBitrate')
  const receivedBps = rate([...(pair ? [pair] : [])], before, 'bytesReceived')
  return {
    bars: barsOf({ connected, rttMs, loss: Math.max(lossIn, lossOut), jitterMs }),
    rttMs,
    jitterMs,
    lossIn,
    lossOut,
    sentBps: rate([...(pair ? [pair] : [])], before, 'bytesSent'),
    receivedBps,
    availableBps: available > 0 ? available : undefined,
    videoIn: videoOf(busiest(of('inbound-rtp', 'video')), report),
    videoOut: videoOf(busiest(of('outbound-rtp', 'video')), report),
    audioCodec: codecOf(audio ?? of('outbound-rtp', 'audio')[0], report),
    local: text(local, 'candidateType'),
    remote: text(remote, 'candidateType'),
    transport: text(local, 'relayProtocol') || text(local, 'protocol'),
    audioLevel: typeof audio?.audioLevel === 'number' ? audio.audioLevel : undefined,
  }
}

/**
 * Connection bars. The thresholds are where people begin to notice: ITU-T G.114 calls 150 ms one way (300 ms both) good and 400 ms the
 * limit; Opus conceals 2 % of loss inaudibly and some 10 % with effort.
 */
export function barsOf({
  connected,
  rttMs,
  loss,
  jitterMs,
}: {
  readonly connected: boolean
  readonly rttMs: number
  readonly loss: number
  readonly jitterMs: number
}): Bars {
  if (!connected) return 0
  if (loss > 0.1 || rttMs > 800 || jitterMs > 150) return 1
  if (loss > 0.04 || rttMs > 400 || jitterMs > 80) return 2
  if (loss > 0.015 || rttMs > 200 || jitterMs > 40) return 3
  return 4
}

const share = (part: number, whole: number): number => (whole > 0 ? Math.min(1, Math.max(0, part / whole)) : 0)

function delta(entries: readonly Entry[], before: StatsReport | undefined, key: string): number {
  if (!before) return 0
  return entries.reduce((sum, entry) => {
    const old = before.get(entry.id)
    return old ? sum + Math.max(0, number(entry, key) - number(old, key)) : sum
  }, 0)
}

function rate(entries: readonly Entry[], before: StatsReport | undefined, key: string): number {
  const [first] = entries
  const old = first && before?.get(first.id)
  if (!first || !old) return 0
  const seconds = (first.timestamp - old.timestamp) / 1_000
  return seconds > 0 ? (8 * delta(entries, before, key)) / seconds : 0
}

const busiest = (entries: readonly Entry[]): Entry | undefined =>
  entries
    .filter((entry) => number(entry, 'frameWidth') > 0)
    .sort((a, b) => number(b, 'frameWidth') - number(a, 'frameWidth'))[0]

const codecOf = (entry: Entry | undefined, report: StatsReport): string =>
  text(report.get(text(entry, 'codecId')), 'mimeType').replace(/^.*\//, '')

function videoOf(entry: Entry | undefined, report: StatsReport): VideoStats | undefined {
  if (!entry) return undefined
  return {
    width: number(entry, 'frameWidth'),
    height: number(entry, 'frameHeight'),
    fps: number(entry, 'framesPerSecond'),
    codec: codecOf(entry, report),
  }
}
