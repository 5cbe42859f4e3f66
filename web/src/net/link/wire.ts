import type { AfterClose } from '@beseda/client-protocol'
import type { ClientFrameSchema, ServerFrame } from '@beseda/proto/gateway/v1/frames'
import type { MessageInitShape } from '@bufbuild/protobuf'

/** What the server says, one frame. */
export type Frame = ServerFrame['frame']
export type FrameCase = NonNullable<Frame['case']>
export type FrameValue<C extends FrameCase> = Extract<Frame, { case: C }>['value']
/** What the client says, one frame. */
export type OutgoingFrame = NonNullable<MessageInitShape<typeof ClientFrameSchema>['frame']>

export type ConnectionStatus = 'idle' | 'connecting' | 'live' | 'waiting' | 'stopped'
export type StopReason = Extract<AfterClose, { kind: 'stop' }>['why']

/** How a connection stands. */
export interface LinkState {
  readonly status: ConnectionStatus
  readonly stopped: StopReason | undefined
  /** When the next try begins, Unix ms; 0: no try is waited for. */
  readonly nextTryAt: number
}

export const IDLE: LinkState = { status: 'idle', stopped: undefined, nextTryAt: 0 }
