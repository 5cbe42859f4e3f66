import { type Signal, SignalSchema } from '@beseda/proto/gateway/v1/frames'
import { create } from '@bufbuild/protobuf'
import type { SignalData } from 'simple-peer'

/** Converts a signal of simple-peer to the contract; undefined when the other side does not need it. */
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

/** Converts back to a signal of simple-peer; undefined when there is none. */
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

/** Sent by the side that does not initiate: requests an ICE restart. */
export const askToRestart = (): Signal => renegotiate(true)
/** Sent by the side that does not initiate: requests a new connection. */
export const askAnew = (): Signal => renegotiate(false)
