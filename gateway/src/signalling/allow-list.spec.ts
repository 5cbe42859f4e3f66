import { readFileSync } from 'node:fs'
import { Refusal } from '@beseda/kernel'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { RefusalReason, SignalSchema } from '@beseda/proto/gateway/v1/frames'
import { create } from '@bufbuild/protobuf'
import fc from 'fast-check'
import { parse } from 'sdp-transform'
import { describe, expect, test } from 'vitest'
import { rebuildSignal } from './allow-list.js'

interface Recorded {
  readonly descriptions: readonly { readonly type: string; readonly sdp: string }[]
  readonly candidates: readonly string[]
}

/** What real browsers have said: recorded/record.mjs. */
const BROWSERS = ['chromium', 'firefox'] as const
const recorded = (browser: string): Recorded =>
  JSON.parse(readFileSync(new URL(`./recorded/${browser}.json`, import.meta.url), 'utf8'))

const ALL = { relayOnly: false }
const RELAY = { relayOnly: true }
const FINGERPRINT = `a=fingerprint:sha-256 ${Array.from({ length: 32 }, () => 'AB').join(':')}`
const sdp = (...media: string[]) => ['v=0', 'o=- 1 2 IN IP4 127.0.0.1', 's=-', 't=0 0', ...media, ''].join('\r\n')
const audio = ['m=audio 9 UDP/TLS/RTP/SAVPF 111', 'c=IN IP4 0.0.0.0', FINGERPRINT, 'a=rtpmap:111 opus/48000/2']
const data = ['m=application 9 UDP/DTLS/SCTP webrtc-datachannel', FINGERPRINT, 'a=sctp-port:5000']

const description = (text: string, type = 'offer') =>
  create(SignalSchema, { signal: { case: 'description', value: { type, sdp: text } } })
const candidate = (text: string) =>
  create(SignalSchema, { signal: { case: 'candidate', value: { candidate: text, sdpMid: '0' } } })

/** What is passed on of a text; the name of the field for which it is refused; undefined: nothing is passed on. */
function passed(signal: ReturnType<typeof description>, rules = ALL): string | undefined {
  try {
    const rebuilt = rebuildSignal(signal, rules)?.signal
    if (rebuilt?.case === 'description') return rebuilt.value.sdp
    return rebuilt?.case === 'candidate' ? rebuilt.value.candidate : rebuilt?.case
  } catch (error) {
    if (error instanceof Refusal && error.reason === ErrorReason.BAD_SIGNAL) return `refused: ${error.metadata.field}`
    throw error
  }
}

describe.each(BROWSERS)('what %s sends', (browser) => {
  const { descriptions, candidates } = recorded(browser)

  test.each(descriptions)('$type: nothing that a peer needs is lost', ({ type, sdp: given }) => {
    const [before, after] = [parse(given), parse(passed(description(given, type)) ?? '')]
    expect(after.groups).toEqual(before.groups)
    expect(after.media).toHaveLength(before.media.length)
    for (const [i, section] of before.media.entries()) {
      const { port, connection, rtcp, candidates: found, invalid, ...rest } = section
      const { port: portAfter, connection: anywhere, candidates: rebuilt, ...kept } = after.media[i]!
      // sdp-transform knows no msid in braces, as Firefox writes it; reports of Chromium (rtcp-xr) are not passed on.
      const unknown = invalid?.filter(({ value }) => value.startsWith('msid:'))
      expect(kept).toMatchObject({ ...rest, ...(unknown?.length ? { invalid: unknown } : {}) })
      expect(portAfter === 0).toBe(port === 0)
      expect(anywhere?.ip).toBe('0.0.0.0')
      const places = (list: typeof found) => list?.map(({ ip, port: at, type: kind }) => [ip, at, kind])
      expect(places(rebuilt)).toEqual(places(found))
    }
  })

  test.each(descriptions)('$type: rebuilding it again changes nothing', ({ type, sdp: given }) => {
    const once = passed(description(given, type))
    expect(passed(description(once ?? '', type))).toBe(once)
  })

  test('every candidate passes, and none of them when only relays are allowed', () => {
    for (const text of candidates) {
      expect(passed(candidate(text))).toMatch(/^(candidate:.* typ \w+.*)?$/)
      if (text !== '') expect(passed(candidate(text), RELAY)).toBeUndefined()
    }
  })

  test('a description keeps no address when only relays are allowed', () => {
    const named = descriptions.filter(({ sdp: text }) => text.includes('a=candidate'))
    expect(named.length).toBeGreaterThan(0)
    for (const { type, sdp: text } of named) {
      const addresses = parse(text).media.flatMap((section) => section.candidates?.map(({ ip }) => ip) ?? [])
      const hidden = passed(description(text, type), RELAY)
      expect(hidden).toMatch(/^v=0/)
      for (const address of addresses) expect(hidden).not.toContain(address)
    }
  })
})

test.each([
  ['audio and data', description(sdp(...audio, ...data))],
  ['an answer that rejects a section', description(sdp(...audio, 'm=video 0 UDP/TLS/RTP/SAVPF 96'), 'answer')],
  ['a wish to renegotiate', create(SignalSchema, { signal: { case: 'renegotiate', value: {} } })],
])('%s passes', (_, signal) => expect(passed(signal)).not.toMatch(/^refused/))

const MDNS = 'a1b2c3d4-0000-4000-8000-000000000000.local'
const host = 'candidate:842163049 1 udp 1677729535 192.168.0.2 46154 typ host'
test.each([
  ['a host', `${host} generation 0 network-cost 10`, `${host} generation 0 network-cost 10`],
  ['a hidden address', `candidate:1 1 UDP 21 ${MDNS} 5000 typ host`, `candidate:1 1 UDP 21 ${MDNS} 5000 typ host`],
  [
    'where a reflexive one comes from',
    'candidate:1 1 udp 1 198.51.100.7 5 typ srflx raddr 192.168.0.2 rport 9 ufrag abcd',
    'candidate:1 1 udp 1 198.51.100.7 5 typ srflx raddr 0.0.0.0 rport 0 ufrag abcd',
  ],
  [
    'whom a relay serves',
    'candidate:1 1 udp 1 2001:db8::1 443 typ relay raddr 2001:db8::9 rport 4',
    'candidate:1 1 udp 1 2001:db8::1 443 typ relay raddr :: rport 0',
  ],
  ['an unknown extension', `${host} secret 192.168.0.2`, host],
  ['the end of candidates', '', ''],
])('of a candidate passes: %s', (_, given, wanted) => expect(passed(candidate(given))).toBe(wanted))

const signed = (bytes: number) =>
  create(SignalSchema, {
    signal: {
      case: 'description',
      value: { type: 'offer', sdp: sdp(...audio), signature: new Uint8Array(bytes).fill(7) },
    },
  })

test('the signature of a description passes as it is, and without one there is none', () => {
  expect(rebuildSignal(signed(64), ALL)?.signal?.value).toMatchObject({ signature: new Uint8Array(64).fill(7) })
  expect(rebuildSignal(signed(0), ALL)?.signal?.value).toMatchObject({ signature: new Uint8Array() })
})

test('a refusal passes with its reason alone', () => {
  const refused = (reason: RefusalReason) => create(SignalSchema, { signal: { case: 'refused', value: { reason } } })
  expect(rebuildSignal(refused(RefusalReason.FORGED), ALL)).toEqual({
    signal: { case: 'refused', value: { reason: RefusalReason.FORGED } },
  })
  expect(passed(refused(99 as RefusalReason))).toBe('refused: reason')
})

test.each([
  ['nothing', create(SignalSchema), 'signal'],
  ['a signature of the wrong length', signed(65), 'signature'],
  ['another type', description(sdp(...audio), 'rollback'), 'type'],
  ['an empty description', description(''), 'sdp'],
  ['a description of megabytes', description(sdp(...audio, `a=x:${'x'.repeat(40_000)}`)), 'sdp'],
  ['a line that is none', description(sdp(...audio, '<script>')), 'sdp'],
  ['a line hidden behind a carriage return', description(sdp(...audio, 'a=mid:0\ra=crypto:1 x')), 'sdp'],
  ['no media', description(sdp()), 'media'],
  ['a hundred sections', description(sdp(...Array.from({ length: 100 }, () => audio).flat())), 'media'],
  ['media without encryption', description(sdp('m=audio 9 RTP/AVP 0')), 'media'],
  ['keys by SDES', description(sdp('m=audio 9 RTP/SAVPF 0', FINGERPRINT)), 'media'],
  ['another kind of media', description(sdp('m=text 9 UDP/TLS/RTP/SAVPF 98', FINGERPRINT)), 'media'],
  ['media without a fingerprint', description(sdp('m=audio 9 UDP/TLS/RTP/SAVPF 111')), 'fingerprint'],
  ['a weak fingerprint', description(sdp(audio[0]!, 'a=fingerprint:sha-1 AB:CD')), 'fingerprint'],
  ['two fingerprints', description(sdp(...audio, FINGERPRINT.replace('AB', 'CD'))), 'fingerprint'],
  ['two sections of two peers', description(sdp(...audio, data[0]!, FINGERPRINT.replace('AB', '01'))), 'fingerprint'],
  ['keys in the clear', description(sdp(...audio, 'a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:x')), 'crypto'],
  ['a thousand candidates', description(sdp(...audio, ...Array.from({ length: 200 }, () => `a=${host}`))), 'candidate'],
  ['a candidate with something after it', candidate('candidate:1 1 udp 1 1.2.3.4 5 typ host\r\na=x'), 'candidate'],
  ['a candidate that is none', candidate('javascript:alert(1)'), 'candidate'],
  ['a name that anybody could look up', candidate('candidate:1 1 udp 1 evil.example.org 5 typ host'), 'candidate'],
  ['everybody', candidate('candidate:1 1 udp 1 255.255.255.255 5 typ host'), 'candidate'],
  ['a port that is none', candidate('candidate:1 1 udp 1 1.2.3.4 70000 typ host'), 'candidate'],
])('%s does not pass', (_, signal, field) => expect(passed(signal)).toBe(`refused: ${field}`))

test.each([
  'a=ice-lite',
  'a=setup:holdconn',
  'a=candidate:1 1 udp 1 evil.example.org 5 typ host',
  'a=x-google-flag:conference',
  'a=fmtp:111 \u0000',
  'i=who reads this',
  'k=clear:x',
])('of a description does not pass: %s', (line) => expect(passed(description(sdp(...audio, line)))).toBe(sdp(...audio)))

test('the origin of a description is not forwarded', () => {
  const given = sdp(...audio, 'a=rtcp:4000 IN IP4 198.51.100.7')
    .replace('127.0.0.1', '198.51.100.7')
    .replace('0.0.0.0', '198.51.100.7')
    .replace('o=- ', 'o=user-of-this-machine ')
  expect(passed(description(given))).not.toMatch(/198\.51|user-of/)
})

/** Real descriptions with lines dropped, doubled, exchanged, cut, and with pieces of others put in. */
const NASTY = [
  'a=crypto:1 A inline:b',
  'm=audio 9 RTP/AVP 0',
  FINGERPRINT.replace('AB', 'EE'),
  `a=${host}`,
  'a=',
  '\u0000',
  'v=1',
]
const real = BROWSERS.flatMap((browser) => recorded(browser).descriptions)
const mutated = fc
  .tuple(
    fc.constantFrom(...real),
    fc.array(
      fc.record({
        how: fc.constantFrom('drop', 'double', 'cut', 'put', 'byte', 'join'),
        at: fc.nat(400),
        piece: fc.oneof(fc.constantFrom(...NASTY), fc.string({ maxLength: 40 })),
        n: fc.nat(80),
      }),
      { maxLength: 8 },
    ),
  )
  .map(([{ type, sdp: text }, changes]) => {
    const lines = text.split('\r\n')
    for (const { how, at, piece, n } of changes) {
      const i = at % lines.length
      const line = lines[i] ?? ''
      if (how === 'drop') lines.splice(i, 1)
      if (how === 'double') lines.splice(i, 0, line)
      if (how === 'cut') lines[i] = line.slice(0, n)
      if (how === 'put') lines.splice(i, 0, piece)
      if (how === 'byte') lines[i] = line.slice(0, n) + piece.slice(0, 1) + line.slice(n + 1)
      if (how === 'join') lines[i] = line + piece
    }
    return description(lines.join('\r\n'), type)
  })

test('a mutated real description is refused with the field, or safe and stable', () => {
  let through = 0
  fc.assert(
    fc.property(mutated, (signal) => {
      const text = passed(signal) ?? ''
      if (text.startsWith('refused: ')) return
      through++
      expect(passed(description(text))).toBe(text)
      expect(text).not.toMatch(/^a=crypto|^m=\S+ \d+ RTP|[^\r\n -~]/m)
      expect(new Set(text.match(/^a=fingerprint:.*/gm)).size).toBe(1)
      for (const section of parse(text).media) expect(section.protocol).toMatch(/UDP\/TLS\/RTP\/SAVPF|DTLS\/SCTP/)
    }),
    { numRuns: 1_000 },
  )
  expect(through).toBeGreaterThan(100)
})

test('no junk passes or breaks the check', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 300 }), (text) => {
      expect(passed(description(text))).toMatch(/^refused/)
      if (text !== '') expect(passed(candidate(text))).toBe('refused: candidate')
    }),
  )
})
