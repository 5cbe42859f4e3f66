import { type Signal, SignalSchema } from '@beseda/proto/gateway/v1/frames'
import { create } from '@bufbuild/protobuf'
import type { SignalData } from 'simple-peer'

/** What simple-peer wants to send, as the contract carries it; undefined: nothing that the other side needs. */
export function toSignal(data: SignalData): Signal | undefined {
  switch (data.type) {
    case 'offer':
    case 'answer':
      return create(SignalSchema, { signal: { case: 'description', value: { type: data.type, sdp: data.sdp ?? '' } } })
    case 'candidate': {
      const { candidate = '', sdpMid, sdpMLineIndex } = data.candidate
      const value = { candidate, sdpMid: sdpMid ?? '', sdpMLineIndex: sdpMLineIndex ?? 0 }
      return create(SignalSchema, { signal: { case: 'candidate', value } })
    }
    case 'renegotiate':
      return askToRestart()
    default:
      return undefined
  }
}

/** Back to what simple-peer takes; undefined: nothing for it. */
export function fromSignal({ signal }: Signal): SignalData | undefined {
  switch (signal.case) {
    case 'description':
      return { type: signal.value.type === 'offer' ? 'offer' : 'answer', sdp: signal.value.sdp }
    case 'candidate': {
      const { candidate, sdpMid, sdpMLineIndex } = signal.value
      return { type: 'candidate', candidate: { candidate, sdpMid, sdpMLineIndex } as RTCIceCandidate }
    }
    default:
      return undefined
  }
}

const renegotiate = (iceRestart: boolean): Signal =>
  create(SignalSchema, { signal: { case: 'renegotiate', value: { iceRestart } } })

/** From the one who does not initiate: new candidates, please. */
export const askToRestart = (): Signal => renegotiate(true)
/** From the one who does not initiate: this connection is beyond repair, make another. */
export const askAnew = (): Signal => renegotiate(false)
