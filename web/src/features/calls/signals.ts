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
      return create(SignalSchema, { signal: { case: 'renegotiate', value: {} } })
    default:
      return undefined
  }
}

/** Back to what simple-peer takes. */
export function fromSignal({ signal }: Signal): SignalData | undefined {
  switch (signal.case) {
    case 'description':
      return { type: signal.value.type === 'offer' ? 'offer' : 'answer', sdp: signal.value.sdp }
    case 'candidate': {
      const { candidate, sdpMid, sdpMLineIndex } = signal.value
      return { type: 'candidate', candidate: { candidate, sdpMid, sdpMLineIndex } as RTCIceCandidate }
    }
    case 'renegotiate':
      return { type: 'renegotiate', renegotiate: true }
    default:
      return undefined
  }
}
