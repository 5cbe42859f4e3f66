import { Refusal } from '@beseda/kernel'
import { SignalSchema } from '@beseda/proto/gateway/v1/frames'
import { create } from '@bufbuild/protobuf'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { checkSignal } from './allow-list.js'

const FINGERPRINT = `a=fingerprint:sha-256 ${Array.from({ length: 32 }, () => 'AB').join(':')}`
const sdp = (...media: string[]) => ['v=0', 'o=- 1 2 IN IP4 127.0.0.1', 's=-', 't=0 0', ...media, ''].join('\r\n')
const audio = ['m=audio 9 UDP/TLS/RTP/SAVPF 111', 'c=IN IP4 0.0.0.0', FINGERPRINT, 'a=rtpmap:111 opus/48000/2']
const data = ['m=application 9 UDP/DTLS/SCTP webrtc-datachannel', FINGERPRINT, 'a=sctp-port:5000']

const description = (text: string, type = 'offer') =>
  create(SignalSchema, { signal: { case: 'description', value: { type, sdp: text } } })
const candidate = (text: string) => create(SignalSchema, { signal: { case: 'candidate', value: { candidate: text } } })
const fieldOf = (work: () => void) => {
  try {
    work()
    return 'passed'
  } catch (error) {
    return error instanceof Refusal ? error.metadata.field : error
  }
}

test.each([
  ['audio and data', description(sdp(...audio, ...data))],
  ['an answer that rejects a section', description(sdp(...audio, 'm=video 0 UDP/TLS/RTP/SAVPF 96'), 'answer')],
  ['a host candidate', candidate('candidate:842163049 1 udp 1677729535 192.168.0.2 46154 typ host generation 0')],
  [
    'a hidden address',
    candidate('candidate:1 1 UDP 2122252543 a1b2c3d4-0000-4000-8000-000000000000.local 5000 typ host'),
  ],
  ['a relay over TCP', candidate('candidate:1 1 tcp 1 2001:db8::1 443 typ relay raddr 0.0.0.0 rport 0')],
  ['the end of candidates', candidate('')],
  ['a wish to renegotiate', create(SignalSchema, { signal: { case: 'renegotiate', value: {} } })],
])('%s passes', (_, signal) => expect(fieldOf(() => checkSignal(signal))).toBe('passed'))

test.each([
  ['nothing', create(SignalSchema), 'signal'],
  ['another type', description(sdp(...audio), 'rollback'), 'type'],
  ['an empty description', description(''), 'sdp'],
  ['a description of megabytes', description(sdp(...audio, `a=x:${'x'.repeat(40_000)}`)), 'sdp'],
  ['a line that is none', description(sdp(...audio, '<script>')), 'sdp'],
  ['no media', description(sdp()), 'media'],
  ['media without encryption', description(sdp('m=audio 9 RTP/AVP 0')), 'media'],
  ['another kind of media', description(sdp('m=text 9 UDP/TLS/RTP/SAVPF 98', FINGERPRINT)), 'media'],
  ['media without a fingerprint', description(sdp('m=audio 9 UDP/TLS/RTP/SAVPF 111')), 'fingerprint'],
  ['keys in the clear', description(sdp(...audio, 'a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:x')), 'crypto'],
  ['a candidate with something after it', candidate('candidate:1 1 udp 1 1.2.3.4 5 typ host\r\na=x'), 'candidate'],
  ['a candidate that is none', candidate('javascript:alert(1)'), 'candidate'],
])('%s does not pass', (_, signal, field) => expect(fieldOf(() => checkSignal(signal))).toBe(field))

test('no junk passes or breaks the check', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 300 }), (text) => {
      expect(fieldOf(() => checkSignal(description(text)))).not.toBe('passed')
      if (text !== '') expect(fieldOf(() => checkSignal(candidate(text)))).toBe('candidate')
    }),
  )
})
