import type { AfterClose } from '@beseda/client-protocol'
import type { ClientFrameSchema, ServerFrame } from '@beseda/proto/gateway/v1/frames'
import type { MessageInitShape } from '@bufbuild/protobuf'

/** One frame from the server. */
export type Frame = ServerFrame['frame']
export type FrameCase = NonNullable<Frame['case']>
export type FrameValue<C extends FrameCase> = Extract<Frame, { case: C }>['value']
/** One frame from the client. */
export type OutgoingFrame = NonNullable<MessageInitShape<typeof ClientFrameSchema>['frame']>

export type ConnectionStatus = 'idle' | 'connecting' | 'live' | 'waiting' | 'stopped'
export type StopReason = Extract<AfterClose, { kind: 'stop' }>['why']

/** The state of a connection. */
export interface LinkState {
  readonly status: ConnectionStatus
  readonly stopped: StopReason | undefined
  /** When the next attempt begins, Unix ms; 0: none is planned. */
  readonly nextTryAt: number
}

export const IDLE: LinkState = { status: 'idle', stopped: undefined, nextTryAt: 0 }
