import { CloseCode } from '@beseda/proto/gateway/v1/close_codes'
import { GroupService } from '@beseda/proto/group/v1/group_service'
import { Code, ConnectError } from '@connectrpc/connect'
import { describe, expect, test } from 'vitest'
import { cursor, linkOnFakeWire } from './fake-wire.js'

describe('connecting', () => {
  test('it sends Hello with its token and the current cursors', async () => {
    const { link, clock, socket, around, states } = linkOnFakeWire()
    link.start()
    await clock.pass(0)
    around.cursors = [cursor('g', 7n)]
    socket().accept()
    expect(socket().of('hello')).toMatchObject([{ accessToken: 'token', cursors: [{ groupId: 'g', messagesSeq: 7n }] }])
    expect(states.map(({ status }) => status)).toEqual(['connecting'])
  })

  test('Hello waits for the saved history, whose cursors it carries; one of a socket that was given up is not sent', async () => {
    const { link, clock, sockets, around } = linkOnFakeWire()
    const restored = Promise.withResolvers<void>()
    around.restored = restored.promise
    link.start()
    await clock.pass(0)
    sockets[0]?.accept()
    sockets[0]?.drop(1006)
    await clock.pass(500)
    sockets[1]?.accept()
    expect(sockets.flatMap((socket) => socket.of('hello'))).toEqual([])
    around.cursors = [cursor('g', 7n)]
    restored.resolve()
    await clock.pass(0)
    expect(sockets.map((socket) => socket.of('hello').map(({ cursors }) => cursors.length))).toEqual([[], [1]])
  })

  test('before Ready nothing but Hello is sent: the gateway would end the connection for good', async () => {
    const { link, clock, socket, around } = linkOnFakeWire()
    const restored = Promise.withResolvers<void>()
    around.restored = restored.promise
    const sendAll = () => {
      link.send({ case: 'watchPresence', value: { userIds: ['bob'] } })
      link.send({ case: 'setIdle', value: { idle: true } })
      link.sendBytes(new Uint8Array())
    }
    link.start()
    await clock.pass(0)
    socket().accept()
    sendAll()
    restored.resolve()
    await clock.pass(0)
    sendAll()
    expect(socket().frames.map((frame) => frame.case)).toEqual(['hello'])
    socket().says({ case: 'ready', value: { userId: 'ann', pingIntervalMs: 20_000 } })
    link.send({ case: 'setIdle', value: { idle: true } })
    expect(socket().frames.map((frame) => frame.case)).toEqual(['hello', 'setIdle'])
    expect(link.state.status).toBe('connecting')
  })

  test('it is live when the gateway says so, not when the socket is open', async () => {
    const { link, clock, socket } = linkOnFakeWire()
    link.start()
    await clock.pass(0)
    socket().accept()
    socket().says({ case: 'ready', value: { userId: 'ann', pingIntervalMs: 20_000 } })
    expect(link.state.status).toBe('connecting')
    socket().says({ case: 'live', value: {} })
    expect(link.state).toEqual({ status: 'live', stopped: undefined, nextTryAt: 0 })
  })

  test('without a session it stops and opens no socket', async () => {
    const { link, clock, sockets, around } = linkOnFakeWire()
    around.token = async () => undefined
    link.start()
    await clock.pass(0)
    expect(link.state).toMatchObject({ status: 'stopped', stopped: 'signed out' })
    expect(sockets).toEqual([])
  })

  test('when there is no token it waits and tries again', async () => {
    const { link, clock, sockets, around } = linkOnFakeWire()
    around.token = () => Promise.reject(new ConnectError('down', Code.Unavailable))
    link.start()
    await clock.pass(0)
    expect(link.state).toMatchObject({ status: 'waiting', nextTryAt: clock.now() + 500 })
    around.token = async () => 'token'
    await clock.pass(500)
    expect(sockets.length).toBe(1)
  })

  test('an attempt that was cancelled while it waited for its token opens no socket', async () => {
    const { link, clock, sockets, around } = linkOnFakeWire()
    let give: (token: string) => void = () => undefined
    around.token = () => new Promise((resolve) => (give = resolve))
    link.start()
    link.stop()
    give('token')
    await clock.pass(10_000)
    expect(sockets).toEqual([])
    expect(link.state.status).toBe('idle')
  })
})

describe('after a close', () => {
  test.each([
    ['a lost connection', 1006, 500],
    ['a draining gateway', CloseCode.DRAINING, 0],
    ['an internal error of the gateway', CloseCode.INTERNAL, 0],
    ['a code of a newer gateway that says resume', 4_444, 0],
  ])('%s: it reconnects', async (_, code, delayMs) => {
    const { link, clock, sockets, live, socket } = linkOnFakeWire()
    await live()
    socket().drop(code)
    expect(link.state).toEqual({ status: 'waiting', stopped: undefined, nextTryAt: clock.now() + delayMs })
    if (delayMs > 0) await clock.pass(delayMs - 1)
    expect(sockets.length).toBe(1)
    await clock.pass(1)
    expect(sockets.length).toBe(2)
  })

  test.each([
    ['the session was ended', CloseCode.SESSION_ENDED, 'signed out'],
    ['another window took its place', CloseCode.REPLACED, 'elsewhere'],
    ['the client is too old', 4_999, 'outdated'],
  ])('%s: it does not reconnect', async (_, code, why) => {
    const { link, clock, sockets, live, socket, happens } = linkOnFakeWire()
    await live()
    socket().drop(code)
    happens('back')
    await clock.pass(3_600_000)
    expect(link.state).toMatchObject({ status: 'stopped', stopped: why })
    expect(sockets.length).toBe(1)
  })

  test('an expired token is replaced before the next attempt', async () => {
    const { clock, live, socket, around } = linkOnFakeWire()
    await live()
    socket().drop(CloseCode.TOKEN_EXPIRED)
    expect(around.expired).toBe(1)
    around.token = async () => 'new'
    await clock.pass(0)
    socket().accept()
    expect(socket().of('hello')).toMatchObject([{ accessToken: 'new' }])
  })

  test('the delay grows with consecutive attempts; a live connection resets it', async () => {
    const { link, clock, live, socket, around } = linkOnFakeWire()
    around.random = 0.999
    await live()
    const delays: number[] = []
    for (let i = 0; i < 6; i++) {
      socket().drop(1006)
      delays.push(link.state.nextTryAt - clock.now())
      await clock.pass(link.state.nextTryAt - clock.now())
    }
    expect(delays).toEqual([...delays].sort((a, b) => a - b))
    expect(delays.at(-1)).toBeGreaterThan(10_000)
    expect(delays.at(-1)).toBeLessThanOrEqual(15_000)
    socket().goLive()
    socket().drop(1006)
    expect(link.state.nextTryAt - clock.now()).toBeLessThanOrEqual(1_000)
  })

  test('the close of an old socket changes nothing', async () => {
    const { link, clock, sockets, live, socket } = linkOnFakeWire()
    await live()
    const old = socket()
    old.drop(CloseCode.DRAINING)
    await clock.pass(1)
    socket().goLive()
    old.drop(CloseCode.SESSION_ENDED)
    old.says({ case: 'groupLeft', value: { groupId: 'g' } })
    expect(link.state.status).toBe('live')
    expect(sockets.length).toBe(2)
  })

  test('it reconnects when the gateway asks for it, at the time the gateway names', async () => {
    const { clock, sockets, live, socket } = linkOnFakeWire()
    await live()
    socket().says({ case: 'reconnect', value: { afterMs: 3_000 } })
    await clock.pass(2_999)
    expect(socket().status).toBe('open')
    await clock.pass(1_000)
    expect(sockets.length).toBe(2)
  })

  test('stop ends it for good and fails requests without an answer', async () => {
    const { link, clock, sockets, live, socket } = linkOnFakeWire()
    await live()
    const answer = link.call(GroupService.method.listReadStates, {})
    link.stop()
    await expect(answer).rejects.toMatchObject({ code: Code.Unavailable })
    await clock.pass(60_000)
    expect(socket().status).toBe('closed')
    expect(link.state.status).toBe('idle')
    expect(sockets.length).toBe(1)
  })
})

describe('gaps', () => {
  test('resume closes with its own close code and sends Hello with the cursors of that time', async () => {
    const { link, clock, live, socket, around } = linkOnFakeWire()
    await live()
    around.cursors = [cursor('g', 3n)]
    link.resume()
    await clock.pass(1_000)
    socket().accept()
    expect(socket().of('hello')).toMatchObject([{ cursors: [{ groupId: 'g', messagesSeq: 3n }] }])
  })

  test('frames reach the listener in order, each once', async () => {
    const { frames, live, socket } = linkOnFakeWire()
    await live()
    for (const groupId of ['a', 'b']) socket().says({ case: 'groupLeft', value: { groupId } })
    expect(frames.map((frame) => frame.case)).toEqual(['ready', 'live', 'groupLeft', 'groupLeft'])
  })
})

describe('the network', () => {
  test('without a network it waits long, and connects as soon as the network is back', async () => {
    const { link, clock, sockets, live, socket, around, happens } = linkOnFakeWire()
    await live()
    around.online = false
    happens('offline')
    await clock.pass(0)
    expect(link.state).toMatchObject({ status: 'waiting', nextTryAt: clock.now() + 30_000 })
    expect(socket().status).toBe('closed')
    await clock.pass(5_000)
    expect(sockets.length).toBe(1)
    around.online = true
    happens('back')
    await clock.pass(0)
    expect(sockets.length).toBe(2)
    // The cancelled wait does not begin another attempt.
    socket().goLive()
    await clock.pass(20_000)
    socket().says({ case: 'pong', value: {} })
    await clock.pass(10_000)
    expect(sockets.length).toBe(2)
  })

  test('a person who returns to a live connection changes nothing', async () => {
    const { sockets, clock, live, happens } = linkOnFakeWire()
    await live()
    happens('back')
    await clock.pass(0)
    expect(sockets.length).toBe(1)
  })

  test('frames sent without a connection are dropped', async () => {
    const { link, live, socket } = linkOnFakeWire()
    link.send({ case: 'typing', value: { groupId: 'g' } })
    await live()
    expect(socket().frames.map((frame) => frame.case)).toEqual(['hello'])
  })
})

describe('during a call', () => {
  test('it reconnects within half a second after any number of failures', async () => {
    const { link, clock, live, socket } = linkOnFakeWire()
    await live()
    link.eager = true
    for (let i = 0; i < 6; i++) {
      socket().drop(1006)
      expect(link.state.nextTryAt - clock.now()).toBeLessThanOrEqual(400)
      await clock.pass(400)
    }
  })

  test('an attempt without an answer is given up after 2.5 s, one with an answer stays', async () => {
    const { link, clock, sockets, socket } = linkOnFakeWire()
    link.eager = true
    link.start()
    await clock.pass(2_499)
    expect(socket().status).toBe('connecting')
    await clock.pass(1_000)
    expect(sockets.length).toBe(2)
    socket().goLive()
    await clock.pass(5_000)
    expect(sockets.length).toBe(2)
  })
})

test('the log records the life of a connection in steps, with close codes and times', async () => {
  const { link, clock, log, live, socket } = linkOnFakeWire()
  await live()
  await clock.pass(5_000)
  link.resume()
  await clock.pass(0)
  await clock.pass(1_000)
  socket().goLive()
  socket().drop(CloseCode.SESSION_ENDED)
  expect(log.steps.map(({ step, kind, reason }) => [step, kind, reason])).toEqual([
    ['live', 'CONNECTED', undefined],
    ['gap', undefined, undefined],
    ['closed', 'DISCONNECTED', '3000'],
    ['live', 'CONNECTED', undefined],
    ['closed', undefined, String(CloseCode.SESSION_ENDED)],
    ['stopped', 'STOPPED', 'signed-out'],
  ])
  expect(log.steps.find(({ reason }) => reason === '3000')?.durationMs).toBe(5_000)
})
