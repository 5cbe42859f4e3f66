import { Refusal } from '@beseda/kernel'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { RefusalReason, type Signal, type SignalSchema } from '@beseda/proto/gateway/v1/frames'
import type { MessageInitShape } from '@bufbuild/protobuf'
import { rebuildCandidate } from './candidate.js'
import { rebuildDescription } from './description.js'

const bad = (field: string): Refusal => new Refusal(ErrorReason.BAD_SIGNAL, { field })

/** Bytes. That of Ed25519 has 64. */
const MAX_SIGNATURE = 64

export interface SignalRules {
  /** The sender hides its address: only candidates of relays are forwarded. */
  readonly relayOnly: boolean
}

/**
 * Rebuilds a signal from what a WebRTC peer needs: nothing that a sender wrote gets into another person's browser as it came. Undefined: the
 * whole signal is withheld. Errors: BAD_SIGNAL with the field.
 */
export function rebuildSignal(
  { signal }: Signal,
  rules: SignalRules,
): MessageInitShape<typeof SignalSchema> | undefined {
  switch (signal.case) {
    case 'description': {
      const { type, sdp, signature } = signal.value
      if (type !== 'offer' && type !== 'answer') throw bad('type')
      // Only the receiver can check it: the gateway knows no keys, and nobody has to believe it.
      if (signature.length > MAX_SIGNATURE) throw bad('signature')
      return { signal: { case: 'description', value: { type, sdp: rebuildDescription(sdp, rules), signature } } }
    }
    case 'candidate':
      return rebuildCandidateSignal(signal.value, rules)
    case 'renegotiate':
      return { signal: { case: 'renegotiate', value: { iceRestart: signal.value.iceRestart } } }
    case 'refused':
      if (RefusalReason[signal.value.reason] === undefined) throw bad('reason')
      return { signal: { case: 'refused', value: { reason: signal.value.reason } } }
    default:
      throw bad('signal')
  }
}

type CandidateSignal = Extract<Signal['signal'], { case: 'candidate' }>['value']

function rebuildCandidateSignal({ candidate, sdpMid, sdpMLineIndex }: CandidateSignal, { relayOnly }: SignalRules) {
  if (!/^[\w-]{0,32}$/.test(sdpMid)) throw bad('sdp_mid')
  const signal = (text: string) =>
    ({ signal: { case: 'candidate', value: { candidate: text, sdpMid, sdpMLineIndex } } }) as const
  // An empty candidate means that there are no more.
  if (candidate === '') return signal('')
  const rebuilt = rebuildCandidate(candidate)
  if (!rebuilt) throw bad('candidate')
  return rebuilt.isRelay || !relayOnly ? signal(rebuilt.text) : undefined
}
