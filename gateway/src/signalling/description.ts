import { Refusal } from '@beseda/kernel'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { parse } from 'sdp-transform'
import { rebuildCandidate } from './candidate.js'

/** Characters. A browser's description of five sections, all codecs and candidates, has 12 KB. */
const MAX_LENGTH = 32 * 1024
/** A call has five: microphone, camera, screen, its sound, data. Each change of devices may add some until the next call. */
const MAX_SECTIONS = 16
/** Interfaces times transports times IP versions, for each section that is not bundled. */
const MAX_CANDIDATES = 128

const SECTION =
  /^m=(audio|video|application) (\d{1,5}) (UDP\/TLS\/RTP\/SAVPF|(?:UDP\/|TCP\/)?DTLS\/SCTP) (\d{1,5}(?: \d{1,3}){0,63}|webrtc-datachannel)$/
const ORIGIN = /^o=\S{1,64} (\d{1,20}) (\d{1,20}) IN IP[46] \S{1,64}$/
const SHA256 = /^sha-256 (?:[0-9A-F]{2}:){31}[0-9A-F]{2}$/i

const FLAG = /^$/
const NUMBER = /^\d{1,10}$/
const FORMAT = '(?:\\*|\\d{1,3})'
const TEXT = '[!-~]'
/** The attributes that are forwarded, by name. A peer connection needs no others. */
const ATTRIBUTES: Readonly<Record<string, RegExp>> = {
  group: /^BUNDLE(?: [\w-]{1,32}){0,16}$/,
  'msid-semantic': /^ ?WMS(?: [\w{}*-]{1,64}){0,16}$/,
  'extmap-allow-mixed': FLAG,
  'ice-options': /^[\w-]{1,32}(?: [\w-]{1,32}){0,4}$/,
  'ice-ufrag': /^[\w+/-]{4,256}$/,
  'ice-pwd': /^[\w+/-]{22,256}$/,
  setup: /^(?:actpass|active|passive)$/,
  mid: /^[\w-]{1,32}$/,
  sendrecv: FLAG,
  sendonly: FLAG,
  recvonly: FLAG,
  inactive: FLAG,
  msid: /^[\w{}-]{1,64}(?: [\w{}-]{1,64})?$/,
  'rtcp-mux': FLAG,
  'rtcp-mux-only': FLAG,
  'rtcp-rsize': FLAG,
  rtpmap: /^\d{1,3} [\w.-]{1,32}\/\d{1,6}(?:\/\d{1,2})?$/,
  fmtp: new RegExp(`^\\d{1,3} ${TEXT}{1,512}(?: ${TEXT}{1,512}){0,16}$`),
  'rtcp-fb': new RegExp(`^${FORMAT} [\\w-]{1,32}(?: [\\w-]{1,32}){0,2}$`),
  extmap: new RegExp(`^\\d{1,5}(?:/(?:sendrecv|sendonly|recvonly|inactive))? (?:urn|https?):${TEXT}{1,200}$`),
  ssrc: new RegExp(`^\\d{1,10} (?:cname|msid|mslabel|label):${TEXT}{1,64}(?: ${TEXT}{1,64})?$`),
  'ssrc-group': /^(?:FID|SIM|FEC-FR)(?: \d{1,10}){1,8}$/,
  rid: /^[\w-]{1,16} (?:send|recv)(?: [\w=;,.-]{1,200})?$/,
  simulcast: /^(?:send|recv) [\w;,~-]{1,200}(?: (?:send|recv) [\w;,~-]{1,200})?$/,
  'sctp-port': NUMBER,
  'max-message-size': NUMBER,
  'bundle-only': FLAG,
  'end-of-candidates': FLAG,
}

const bad = (field: string): Refusal => new Refusal(ErrorReason.BAD_SIGNAL, { field })

/**
 * A session description (RFC 8866, RFC 8829) rebuilt from an allow-list: audio, video and data over DTLS with one SHA-256 fingerprint, known
 * attributes, and no addresses but those of candidates. Errors: BAD_SIGNAL with the field.
 */
export function rebuildDescription(given: string, { relayOnly }: { readonly relayOnly: boolean }): string {
  if (given.length === 0 || given.length > MAX_LENGTH) throw bad('sdp')
  const lines = given.split(/\r?\n/).filter((line) => line !== '')
  if (lines[0] !== 'v=0' || lines.some((line) => !/^[a-z]=[^\r]*$/.test(line))) throw bad('sdp')
  const kept = lines.flatMap((line) => rebuildLine(line, relayOnly) ?? [])
  if (kept.filter((line) => line.startsWith('a=candidate:')).length > MAX_CANDIDATES) throw bad('candidate')
  const rebuilt = `${kept.join('\r\n')}\r\n`
  check(rebuilt)
  return rebuilt
}

/** The line as it is forwarded. Undefined: it is left out. */
function rebuildLine(line: string, relayOnly: boolean): string | undefined {
  const value = line.slice(2)
  switch (line[0]) {
    case 'v':
      return 'v=0'
    case 'o': {
      const [, id, version] = ORIGIN.exec(line) ?? []
      if (id === undefined) throw bad('origin')
      return `o=- ${id} ${version} IN IP4 127.0.0.1`
    }
    case 's':
      return 's=-'
    case 't':
      return 't=0 0'
    case 'c':
      return 'c=IN IP4 0.0.0.0'
    case 'b':
      return /^(?:AS|TIAS):\d{1,10}$/.test(value) ? line : undefined
    case 'm': {
      const [, type, port, protocol, formats] = SECTION.exec(line) ?? []
      if (type === undefined) throw bad('media')
      // Port 0 rejects a section. Any other port is replaced: the real ones are in the candidates.
      return `m=${type} ${port === '0' ? 0 : 9} ${protocol} ${formats}`
    }
    case 'a':
      return rebuildAttribute(value, relayOnly)
    default:
      return undefined
  }
}

function rebuildAttribute(given: string, relayOnly: boolean): string | undefined {
  const colon = given.indexOf(':')
  const name = colon < 0 ? given : given.slice(0, colon)
  const value = colon < 0 ? '' : given.slice(colon + 1)
  if (name === 'crypto') throw bad('crypto')
  if (name === 'fingerprint') {
    if (!SHA256.test(value)) throw bad('fingerprint')
    return `a=fingerprint:sha-256 ${value.slice('sha-256 '.length).toUpperCase()}`
  }
  if (name === 'rtcp') return 'a=rtcp:9 IN IP4 0.0.0.0'
  if (name === 'candidate') {
    const candidate = rebuildCandidate(given)
    return candidate && (candidate.isRelay || !relayOnly) ? `a=${candidate.text}` : undefined
  }
  return Object.hasOwn(ATTRIBUTES, name) && ATTRIBUTES[name]?.test(value) ? `a=${given}` : undefined
}

/** Checks what no single line shows: the number of sections, and one fingerprint for all of them. */
function check(sdp: string): void {
  const { media, fingerprint } = parse(sdp)
  if (media.length === 0 || media.length > MAX_SECTIONS) throw bad('media')
  for (const section of media) {
    if (section.port !== 0 && !section.fingerprint && !fingerprint) throw bad('fingerprint')
  }
  const fingerprints = new Set(sdp.match(/^a=fingerprint:.*$/gm))
  if (fingerprints.size > 1) throw bad('fingerprint')
}
