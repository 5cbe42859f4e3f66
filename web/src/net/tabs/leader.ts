import { ClientFrameSchema, CursorSchema, ServerFrameSchema } from '@beseda/proto/gateway/v1/frames'
import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import type { GatewayLink } from '../link/gateway-link.js'
import type { Frame, FrameCase, LinkState, OutgoingFrame } from '../link/wire.js'
import type { TabChannel, TabMessage } from './channel.js'
import { Heads } from './heads.js'

/** Frames that concern the socket itself. All others are passed on to every window. */
const OF_THE_SOCKET: readonly FrameCase[] = ['ready', 'response', 'pong', 'snapshotRequired', 'live', 'reconnect']
/** As in WatchPresence. */
const MOST_WATCHED = 1_000
const SELF = ''

/** The window that owns the socket: passes on frames of the server, and sends for the others. */
export class Leader {
  readonly #heads = new Heads()
  /** Window -> people it shows. The server keeps one set only. */
  readonly #watched = new Map<string, readonly string[]>()
  readonly #idle = new Map<string, boolean>()

  constructor(
    private readonly link: Pick<GatewayLink, 'send' | 'sendBytes' | 'hurry' | 'state'>,
    /** Undefined when the windows are not coordinated, and so do not talk. */
    private readonly channel: TabChannel | undefined,
  ) {}

  /** From another window. */
  handleMessage(message: TabMessage): void {
    switch (message.kind) {
      case 'hello':
        this.#answer(message.from, message.cursors)
        return
      case 'send': {
        const { frame } = fromBinary(ClientFrameSchema, message.bytes)
        if (frame.case !== undefined) this.send(frame, message.from)
        return
      }
      case 'hurry':
        this.link.hurry()
        return
      case 'bye':
        this.#watched.delete(message.from)
        this.#idle.delete(message.from)
        // It may have been the only active one.
        this.#tellIdle()
        return
      default:
    }
  }

  /** From the server. */
  handleFrame(frame: Frame, bytes: Uint8Array): void {
    this.#heads.take(frame)
    if (frame.case !== undefined && !OF_THE_SOCKET.includes(frame.case)) this.channel?.post({ kind: 'frame', bytes })
  }

  handleState(state: LinkState): void {
    this.channel?.post({ kind: 'state', state })
  }

  send(frame: OutgoingFrame, from = SELF): void {
    if (frame.case === 'watchPresence') {
      this.#watched.set(from, frame.value.userIds ?? [])
      const userIds = [...new Set([...this.#watched.values()].flat())].slice(0, MOST_WATCHED)
      this.link.send({ case: 'watchPresence', value: { userIds } })
    } else if (frame.case === 'setIdle') {
      this.#idle.set(from, frame.value.idle ?? false)
      this.#tellIdle()
    } else this.link.sendBytes(toBinary(ClientFrameSchema, create(ClientFrameSchema, { frame })))
  }

  /** A person is away when they are away from every window. */
  #tellIdle(): void {
    const windows = new Set([SELF, ...this.#watched.keys(), ...this.#idle.keys()])
    const idle = [...windows].every((window) => this.#idle.get(window) === true)
    this.link.send({ case: 'setIdle', value: { idle } })
  }

  #answer(to: string, cursors: readonly Uint8Array[]): void {
    const { state } = this.link
    if (state.status !== 'live') {
      this.channel?.post({ kind: 'state', state })
      return
    }
    for (const frame of this.#heads.answer(cursors.map((bytes) => fromBinary(CursorSchema, bytes))))
      this.channel?.post({ kind: 'frame', bytes: toBinary(ServerFrameSchema, frame), to })
  }
}
