import type { SignalData } from 'simple-peer'

const RELAY = / typ relay\b/
/** The address behind a relayed candidate is the one that is to stay hidden. */
const withoutOrigin = (line: string): string => line.replace(/ raddr \S+ rport \d+/, ' raddr 0.0.0.0 rport 0')

/**
 * What may leave a client that hides its addresses: of candidates only relayed ones, whether on their own or inside a description.
 * The browser's own `relay` policy does the same; this stands behind it. Undefined: nothing.
 */
export function onlyRelayed(data: SignalData): SignalData | undefined {
  if (data.type === 'candidate') {
    const { candidate } = data
    const line = candidate.candidate
    if (line === '') return data
    return RELAY.test(line)
      ? { ...data, candidate: { ...candidate, candidate: withoutOrigin(line) } as never }
      : undefined
  }
  if (data.type !== 'offer' && data.type !== 'answer') return data
  const lines = (data.sdp ?? '').split('\r\n')
  const kept = lines
    .filter((line) => !line.startsWith('a=candidate:') || RELAY.test(line))
    .map((line) => (line.startsWith('a=candidate:') ? withoutOrigin(line) : line))
  return { ...data, sdp: kept.join('\r\n') }
}
