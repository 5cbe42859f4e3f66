import type { SignalData } from 'simple-peer'

const RELAY = / typ relay\b/
/** The related address of a relayed candidate is the one that must stay hidden. */
const withoutOrigin = (line: string): string => line.replace(/ raddr \S+ rport \d+/, ' raddr 0.0.0.0 rport 0')

/**
 * Filters the signals of a client that hides its addresses: only relayed candidates pass, on their own or inside a description.
 * The browser's `relay` policy does the same; this is a second line of defence. Undefined: nothing may be sent.
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
