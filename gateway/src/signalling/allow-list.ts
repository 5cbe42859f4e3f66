import { Refusal } from '@beseda/kernel'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import type { Signal } from '@beseda/proto/gateway/v1/frames'
import { parse } from 'sdp-transform'

/** Bytes of a session description. A browser's, with simulcast and all codecs, has 6-8 KB. */
const MAX_SDP = 32 * 1024
const MAX_SECTIONS = 8
const MAX_CANDIDATE = 512
const MEDIA = new Set(['audio', 'video', 'application'])
const PROTOCOLS = /^(UDP\/TLS\/RTP\/SAVPF|UDP\/DTLS\/SCTP|DTLS\/SCTP)$/
const CANDIDATE =
  /^(a=)?candidate:[A-Za-z0-9+/]{1,32} \d{1,5} (udp|tcp|UDP|TCP) \d{1,10} [0-9A-Za-z.:-]{1,64} \d{1,5} typ (host|srflx|prflx|relay)( [A-Za-z0-9.:+/ -]*)?$/
const LINE = /^[a-z]=[^\r\n]*$/

const bad = (field: string): Refusal => new Refusal(ErrorReason.BAD_SIGNAL, { field })

/**
 * Lets only what a WebRTC peer needs through to another person's browser: descriptions of audio, video and data over DTLS with
 * a fingerprint, and well-formed candidates. Errors: BAD_SIGNAL with the field.
 */
export function checkSignal({ signal }: Signal): void {
  switch (signal.case) {
    case 'description':
      checkDescription(signal.value.type, signal.value.sdp)
      break
    case 'candidate':
      checkCandidate(signal.value.candidate)
      break
    case 'renegotiate':
      break
    default:
      throw bad('signal')
  }
}

function checkDescription(type: string, sdp: string): void {
  if (type !== 'offer' && type !== 'answer') throw bad('type')
  if (sdp.length === 0 || sdp.length > MAX_SDP) throw bad('sdp')
  if (!sdp.split(/\r?\n/).every((line) => line === '' || LINE.test(line))) throw bad('sdp')
  const { media, fingerprint } = parse(sdp)
  if (media.length === 0 || media.length > MAX_SECTIONS) throw bad('media')
  for (const section of media) {
    if (!MEDIA.has(section.type) || !PROTOCOLS.test(section.protocol)) throw bad('media')
    // Port 0 rejects a section, which then needs no keys.
    if (section.port !== 0 && !section.fingerprint && !fingerprint) throw bad('fingerprint')
    if (section.crypto) throw bad('crypto')
  }
}

function checkCandidate(candidate: string): void {
  // An empty one says that there are no more.
  if (candidate === '') return
  if (candidate.length > MAX_CANDIDATE || !CANDIDATE.test(candidate)) throw bad('candidate')
}
