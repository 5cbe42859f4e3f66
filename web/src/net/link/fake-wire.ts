import { CloseCode } from '@beseda/proto/gateway/v1/close_codes'
import {
  type ClientFrame,
  ClientFrameSchema,
  type Cursor,
  CursorSchema,
  ServerFrameSchema,
} from '@beseda/proto/gateway/v1/frames'
import { create, fromBinary, type MessageInitShape, toBinary } from '@bufbuild/protobuf'
import { ClientLog } from '../../diagnostics/client-log.js'
import { TestClock } from '../../time/test-clock.js'
import { GatewayLink } from './gateway-link.js'
import type { LinkParts, Socket, SocketListener, Surroundings } from './link-ports.js'
import type { Frame, LinkState } from './wire.js'

type ClientFrames = ClientFrame['frame']
type ClientCase = NonNullable<ClientFrames['case']>
type ClientValue<C extends ClientCase> = Extract<ClientFrames, { case: C }>['value']
export type ServerSays = NonNullable<MessageInitShape<typeof ServerFrameSchema>['frame']>

/** For specs: a socket whose other end is the test. */
export class FakeSocket implements Socket {
  status: Socket['status'] = 'connecting'
  readonly frames: ReturnType<typeof decode>[] = []
  #isReady = false

  constructor(
    private readonly listener: SocketListener,
    private readonly clock: TestClock,
  ) {}

  /** Like the gateway, it takes nothing but Hello before it has said Ready. */
  send(bytes: Uint8Array): void {
    const frame = decode(bytes)
    this.frames.push(frame)
    if (frame.case !== 'hello' && !this.#isReady) this.drop(CloseCode.PROTOCOL_ERROR)
  }

  /** As in a browser, the close event comes later. */
  close(code = 1005): void {
    if (this.status === 'closed') return
    this.status = 'closed'
    this.clock.after(0, () => this.listener.closed(code))
  }

  /** The gateway accepts the connection. */
  accept(): void {
    this.status = 'open'
    this.listener.opened()
  }

  says(frame: ServerSays): void {
    if (frame.case === 'ready') this.#isReady = true
    this.listener.message(toBinary(ServerFrameSchema, create(ServerFrameSchema, { frame })))
  }

  /** Accepts, and sends the frames of a gateway until the connection is live. */
  goLive(heads: readonly Cursor[] = []): void {
    this.accept()
    this.says({ case: 'ready', value: { userId: 'ann', heads: [...heads], pingIntervalMs: 20_000 } })
    this.says({ case: 'live', value: {} })
  }

  /** The gateway or the network ends the connection. */
  drop(code: number): void {
    this.status = 'closed'
    this.listener.closed(code)
  }

  /** The values of the frames of one kind that the link has sent. */
  of<C extends ClientCase>(kind: C): ClientValue<C>[] {
    return this.frames.flatMap((frame) => (frame.case === kind ? [frame.value as ClientValue<C>] : []))
  }
}

const decode = (bytes: Uint8Array) => fromBinary(ClientFrameSchema, bytes).frame

export const cursor = (groupId: string, messagesSeq: bigint): Cursor =>
  create(CursorSchema, { groupId, epoch: 'e', messagesSeq })

/** For specs: everything around a link, controlled by the test. */
export function fakeWire() {
  const clock = new TestClock()
  const sockets: FakeSocket[] = []
  const around = {
    online: true,
    /** What `access` answers; a rejection: the server is unreachable. */
    token: async (): Promise<string | undefined> => 'token',
    expired: 0,
    expiresAt: clock.now() + 3_600_000,
    random: 0.5,
  }
  let watcher: Parameters<Surroundings['watch']>[0] | undefined
  const log = new ClientLog(() => clock.now())
  const parts: LinkParts = {
    clock,
    random: () => around.random,
    tokens: {
      access: () => around.token(),
      expire: () => void around.expired++,
      expiresAt: () => around.expiresAt,
    },
    surroundings: {
      online: () => around.online,
      watch: (listener) => {
        watcher = listener
      },
    },
    openSocket: (listener) => {
      const socket = new FakeSocket(listener, clock)
      sockets.push(socket)
      return socket
    },
    log,
  }
  return {
    ...{ parts, clock, sockets, around, log },
    /** The one that was opened last. */
    socket(): FakeSocket {
      const socket = sockets.at(-1)
      if (!socket) throw new Error('no socket was opened')
      return socket
    },
    happens: (what: 'back' | 'offline' | 'hiddenTick') => watcher?.[what](),
  }
}

/** For specs: a link whose whole environment is controlled by the test. */
export function linkOnFakeWire() {
  const wire = fakeWire()
  const states: LinkState[] = []
  const frames: Frame[] = []
  const around = Object.assign(wire.around, {
    cursors: [] as Cursor[],
    restored: undefined as Promise<void> | undefined,
  })
  const link = new GatewayLink(wire.parts, {
    cursors: () => around.cursors,
    whenRestored: (then) => {
      if (around.restored) void around.restored.then(then)
      else then()
    },
    frame: (frame) => void frames.push(frame),
    state: (state) => void states.push(state),
  })
  return {
    ...wire,
    ...{ link, states, frames, around },
    /** Starts and goes live. */
    async live() {
      link.start()
      await wire.clock.pass(0)
      wire.socket().goLive()
    },
  }
}
