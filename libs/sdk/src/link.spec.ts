import { ErrorInfoSchema, ErrorReason } from '@beseda/proto/common/v1/errors'
import { CloseCode } from '@beseda/proto/gateway/v1/close_codes'
import { ClientFrameSchema, type ServerFrame, ServerFrameSchema } from '@beseda/proto/gateway/v1/frames'
import { create, fromBinary, type MessageInitShape, toBinary } from '@bufbuild/protobuf'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { BesedaError, unavailable } from './errors.js'
import { Link, type Socket } from './link.js'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** A socket whose other end is the test. */
class FakeSocket implements Socket {
  binaryType: BinaryType = 'blob'
  onopen: WebSocket['onopen'] = null
  onmessage: WebSocket['onmessage'] = null
  onclose: WebSocket['onclose'] = null
  readonly sent: (string | undefined)[] = []
  closedWith: number | undefined

  send(bytes: Parameters<WebSocket['send']>[0]): void {
    this.sent.push(fromBinary(ClientFrameSchema, bytes as Uint8Array).frame.case)
  }
  close(code?: number): void {
    this.closedWith = code
  }
  says(frame: MessageInitShape<typeof ServerFrameSchema>['frame']): void {
    const bytes = toBinary(ServerFrameSchema, create(ServerFrameSchema, { frame: frame ?? { case: undefined } }))
    this.onmessage?.call(this as never, { data: bytes.buffer } as MessageEvent)
  }
  open(): void {
    this.onopen?.call(this as never, {} as Event)
  }
  goLive(): void {
    this.open()
    this.says({ case: 'ready', value: { pingIntervalMs: 15_000 } })
    this.says({ case: 'live', value: {} })
  }
  drop(code = 1006): void {
    this.onclose?.call(this as never, { code } as CloseEvent)
  }
}

function linked({ renewInMs = undefined as number | undefined, tokens = ['a', 'b', 'c', 'd'] } = {}) {
  const sockets: FakeSocket[] = []
  const access = vi.fn(async (): Promise<string | undefined> => tokens.shift())
  const refused = vi.fn(() => true)
  const listener = {
    cursors: () => [],
    take: vi.fn((_frame: ServerFrame['frame']) => true),
    interrupted: vi.fn(),
    stopped: vi.fn(),
  }
  const openSocket = () => {
    const socket = new FakeSocket()
    sockets.push(socket)
    return socket
  }
  const credentials = { access, refused, renewInMs: () => renewInMs }
  const link = new Link({ openSocket, credentials, random: () => 0.5 }, listener)
  return { link, sockets, listener, access, refused }
}
const retryAfter = (retryAfterMs: number) => create(ErrorInfoSchema, { retryAfterMs })
/** The timers of so much time, and what waits for them. */
const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms)

async function live(options?: Parameters<typeof linked>[0]) {
  const made = linked(options)
  made.link.start()
  await pass(0)
  made.sockets[0]?.goLive()
  return { ...made, socket: made.sockets[0] as FakeSocket }
}

test('it says Hello, and comes back with growing waits until it is live again', async () => {
  const { socket, sockets, listener } = await live()
  expect(socket.sent).toEqual(['hello'])
  socket.drop()
  expect(listener.interrupted).toHaveBeenLastCalledWith(1006, 500)
  await pass(500)
  sockets[1]?.drop()
  expect(listener.interrupted).toHaveBeenLastCalledWith(1006, 1_000)
  await pass(1_000)
  sockets[2]?.goLive()
  sockets[2]?.drop()
  expect(listener.interrupted).toHaveBeenLastCalledWith(1006, 500)
})

test('silence is broken by a Ping, and a connection without an answer is left', async () => {
  const { socket, sockets } = await live()
  await pass(15_000)
  expect(socket.sent).toEqual(['hello', 'ping'])
  socket.says({ case: 'pong', value: {} })
  await pass(15_000 + 10_000)
  await pass(500)
  expect(socket.closedWith).toBe(1000)
  expect(sockets).toHaveLength(2)
})

test('a connection that does not open is left, and what it says later counts no more', async () => {
  const { link, sockets, listener } = linked()
  link.start()
  await pass(15_000 + 500)
  expect(sockets).toHaveLength(2)
  sockets[0]?.goLive()
  sockets[0]?.drop()
  expect(listener.take).not.toHaveBeenCalled()
  expect(listener.interrupted).toHaveBeenCalledTimes(1)
})

test('a gap closes it and resumes at once', async () => {
  const { socket, sockets, listener } = await live()
  listener.take.mockReturnValueOnce(false)
  socket.says({ case: 'commit', value: {} })
  await pass(0)
  expect([socket.closedWith, sockets.length]).toEqual([3000, 2])
})

test('gaps in a row are waited between, longer and longer, until a commit has come in its place', async () => {
  const { sockets, listener } = await live({ tokens: ['a', 'b', 'c', 'd', 'e'] })
  const commitThatFits = (fits: boolean) => {
    listener.take.mockReturnValueOnce(fits)
    sockets.at(-1)?.says({ case: 'commit', value: {} })
  }
  for (const waitMs of [0, 1_000, 2_000]) {
    commitThatFits(false)
    await pass(waitMs)
    sockets.at(-1)?.goLive()
  }
  expect(listener.interrupted.mock.calls).toEqual([
    [3000, 1_000],
    [3000, 2_000],
  ])
  commitThatFits(true)
  commitThatFits(false)
  await pass(0)
  expect(listener.interrupted).toHaveBeenCalledTimes(2)
  expect(sockets.map(({ closedWith }) => closedWith)).toEqual([3000, 3000, 3000, 3000, undefined])
})

test('a gateway that leaves is left when it says', async () => {
  const { socket, sockets } = await live()
  socket.says({ case: 'reconnect', value: { afterMs: 2_000 } })
  await pass(1_999)
  expect(sockets).toHaveLength(1)
  await pass(1)
  expect(sockets).toHaveLength(2)
})

test.each([
  [CloseCode.UNAUTHENTICATED, ErrorReason.UNAUTHENTICATED],
  [CloseCode.SESSION_ENDED, ErrorReason.UNAUTHENTICATED],
  [CloseCode.REPLACED, ErrorReason.SESSION_REVOKED],
  [CloseCode.PROTOCOL_ERROR, ErrorReason.UNSPECIFIED],
])('close code %i ends it with reason %i', async (code, reason) => {
  const { socket, sockets, listener } = await live()
  socket.drop(code)
  await pass(60_000)
  expect(listener.stopped).toHaveBeenCalledWith(expect.objectContaining({ reason }))
  expect(sockets).toHaveLength(1)
})

test('an expired token is renewed, unless there is no other', async () => {
  const { socket, sockets, refused } = await live()
  socket.drop(CloseCode.TOKEN_EXPIRED)
  expect(refused).toHaveBeenCalledWith('a')
  await pass(0)
  expect(sockets).toHaveLength(2)
  refused.mockReturnValueOnce(false)
  sockets[1]?.drop(CloseCode.TOKEN_EXPIRED)
  await pass(60_000)
  expect(sockets).toHaveLength(2)
})

test('a token that runs out is replaced over the open connection', async () => {
  const { socket, access } = await live({ renewInMs: 540_000 })
  for (let s = 0; s < 540; s += 10) {
    await pass(10_000)
    socket.says({ case: 'pong', value: {} })
  }
  expect(access).toHaveBeenCalledTimes(2)
  expect(socket.sent.at(-1)).toBe('authenticate')
})

test('the token that it has already is not sent again', async () => {
  const { socket, access } = await live({ renewInMs: 5_000, tokens: ['a', 'a', 'a', 'b'] })
  await pass(14_000)
  expect([access.mock.calls.length, socket.sent]).toEqual([3, ['hello']])
  await pass(5_000)
  expect(socket.sent.filter((frame) => frame === 'authenticate')).toHaveLength(1)
})

test.each([
  ['a limit, waited out', new BesedaError(ErrorReason.RATE_LIMITED, retryAfter(20_000)), 20_000],
  ['a fault of the server', new BesedaError(ErrorReason.INTERNAL), 500],
  ['a pair that could not be kept', new Error('the disk is full'), 500],
])('while it renews: %s', async (_, error, waitMs) => {
  const { link, listener, access, sockets } = linked()
  access.mockRejectedValueOnce(error)
  link.start()
  await pass(waitMs - 1)
  expect([listener.interrupted.mock.calls, sockets.length]).toEqual([[[1006, waitMs]], 0])
  await pass(1)
  expect([listener.stopped.mock.calls, sockets.length]).toEqual([[], 1])
})

test('without a token it ends; while nobody can renew it, it goes on trying', async () => {
  const { link, listener, access } = linked({ tokens: [] })
  access.mockRejectedValueOnce(unavailable())
  link.start()
  await pass(0)
  expect(listener.interrupted).toHaveBeenCalledTimes(1)
  await pass(500)
  expect(listener.stopped).toHaveBeenCalledWith(expect.objectContaining({ reason: ErrorReason.UNAUTHENTICATED }))
  access.mockRejectedValueOnce(new BesedaError(ErrorReason.SESSION_REVOKED))
  link.start()
  await pass(0)
  expect(listener.stopped).toHaveBeenLastCalledWith(expect.objectContaining({ reason: ErrorReason.SESSION_REVOKED }))
})

test('stopped, it stays closed', async () => {
  const { link, socket, sockets } = await live()
  link.stop()
  socket.drop()
  await pass(60_000)
  expect([socket.closedWith, sockets.length]).toEqual([1000, 1])
})
