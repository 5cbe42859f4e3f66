import { ClientFrameSchema, type Cursor, CursorSchema, ServerFrameSchema } from '@beseda/proto/gateway/v1/frames'
import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import { type Frame, IDLE, type LinkState, type OutgoingFrame } from '../link/wire.js'
import type { TabChannel, TabMessage } from './channel.js'

export interface FollowerListener {
  cursors(): Cursor[]
  frame(frame: Frame): void
  state(state: LinkState): void
}

/** A window that receives from the server through the leader. */
export class Follower {
  constructor(
    private readonly id: string,
    private readonly channel: TabChannel,
    private readonly listener: FollowerListener,
  ) {}

  /** Asks the leader for its state. Without a leader nobody answers; the next one announces itself when it is live. */
  hello(): void {
    this.listener.state({ ...IDLE, status: 'connecting' })
    const cursors = this.listener.cursors().map((cursor) => toBinary(CursorSchema, cursor))
    this.channel.post({ kind: 'hello', from: this.id, cursors })
  }

  handleMessage(message: TabMessage): void {
    if (message.kind === 'state') {
      if (message.state.status === 'live') this.hello()
      // A leader that ends gives up its lead to another window.
      else this.listener.state(message.state.status === 'idle' ? { ...IDLE, status: 'connecting' } : message.state)
    }
    if (message.kind !== 'frame' || (message.to !== undefined && message.to !== this.id)) return
    const { frame } = fromBinary(ServerFrameSchema, message.bytes)
    if (frame.case === 'live') this.listener.state({ ...IDLE, status: 'live' })
    this.listener.frame(frame)
  }

  send(frame: OutgoingFrame): void {
    const bytes = toBinary(ClientFrameSchema, create(ClientFrameSchema, { frame }))
    this.channel.post({ kind: 'send', from: this.id, bytes })
  }

  hurry(): void {
    this.channel.post({ kind: 'hurry' })
  }

  leave(): void {
    this.channel.post({ kind: 'bye', from: this.id })
  }
}
