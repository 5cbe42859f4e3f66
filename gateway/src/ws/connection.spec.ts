import { newId, Refusal } from '@beseda/kernel'
import { historyStream } from '@beseda/proto'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { CloseCode } from '@beseda/proto/gateway/v1/close_codes'
import { MAX_OPEN_REQUESTS } from '@beseda/rules'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { actorOf, cursorAt, GROUP, MINUTE, NOW, Stage } from '../testing/stage.js'

let stage: Stage
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'], now: NOW })
  stage = new Stage()
})
afterEach(() => void vi.useRealTimers())

describe('commits', () => {
  test('that come while the client is brought up follow the replay, each once and in order', async () => {
    for (const _ of [1, 2, 3]) await stage.gateway.append(GROUP, 'messages')
    const opened = stage.open()
    const read = opened.wire.stall()
    opened.hello('token', [cursorAt(1)])
    await vi.waitFor(() => expect(opened.wire.story).toEqual(['ready', 'messages 2<1']))
    await stage.post()
    expect(opened.wire.story).toEqual(['ready', 'messages 2<1'])
    read()
    await vi.waitFor(() => expect(opened.wire.story).toContain('live'))
    await stage.post()
    const replayed = ['messages 2<1', 'messages 3<2', 'messages 4<3']
    expect(opened.wire.story).toEqual(['ready', ...replayed, 'live', 'messages 5<4'])
  })

  test('of another epoch, or hidden from a member who joined later, are not replayed', async () => {
    await stage.gateway.append(GROUP, 'messages')
    await stage.gateway.append(GROUP, 'messages')
    expect((await stage.live('token', [cursorAt(1, 'another')])).wire.story).toEqual([
      'ready',
      'snapshotRequired',
      'live',
    ])
    stage.hiddenUpTo = 3
    expect((await stage.live('token', [cursorAt(1)])).wire.story).toEqual(['ready', 'snapshotRequired', 'live'])
    expect(stage.resumed).toEqual(['snapshot', 'snapshot'])
  })
})

describe('work that waits for Ready', () => {
  test('is done in its order right after Ready, and at once from then on', async () => {
    const opened = stage.open()
    const done: number[] = []
    for (const i of [1, 2]) opened.connection.whenReady(() => void done.push(opened.wire.frames.length * 10 + i))
    expect(done).toEqual([])
    opened.hello()
    await vi.waitFor(() => expect(opened.wire.story).toContain('live'))
    // Ready was the one frame before them.
    expect(done).toEqual([11, 12])
    opened.connection.whenReady(() => void done.push(3))
    expect(done.at(-1)).toBe(3)
  })

  test('is not done for a socket that has closed', async () => {
    const opened = stage.open()
    const done: number[] = []
    opened.connection.whenReady(() => void done.push(1))
    opened.connection.close(CloseCode.DRAINING)
    opened.connection.whenReady(() => void done.push(2))
    await Promise.resolve()
    expect(done).toEqual([])
  })

  test('somebody who is added while they are brought up gets the group after Ready', async () => {
    stage.memberOf = []
    const asked = Promise.withResolvers<void>()
    stage.membership = asked.promise
    const opened = stage.open()
    opened.hello()
    const member = { case: 'memberJoined' as const, value: { userId: 'ann', role: 2 } }
    await vi.waitFor(() => expect(stage.greetings).toBe(1))
    const copy = await stage.gateway.append('new', 'roster', [
      { commandId: newId(), actorId: '', version: 1, body: member },
    ])
    stage.rooms.membersChanged(copy)
    expect(opened.wire.story).toEqual([])
    asked.resolve()
    await vi.waitFor(() => expect(opened.wire.story).toContain('groupJoined'))
    expect(opened.wire.story[0]).toBe('ready')
  })
})

describe('a request', () => {
  test('is answered with what the service says, in any order', async () => {
    const { wire, say } = await stage.live()
    const slow = Promise.withResolvers<Uint8Array>()
    stage.answer = () => slow.promise
    say({ case: 'request', value: { id: 1, service: 's', method: 'slow' } })
    stage.answer = async () => new Uint8Array([2])
    say({ case: 'request', value: { id: 2, service: 's', method: 'fast' } })
    await vi.waitFor(() => expect(wire.last('response').id).toBe(2))
    slow.resolve(new Uint8Array([1]))
    await vi.waitFor(() => expect(wire.last('response')).toMatchObject({ id: 1, payload: new Uint8Array([1]) }))
  })

  test('that is refused says why; one that fails says nothing but that, and is reported', async () => {
    const { wire, say } = await stage.live()
    stage.answer = () => Promise.reject(new Refusal(ErrorReason.NOT_A_MEMBER))
    say({ case: 'request', value: { id: 1 } })
    await vi.waitFor(() => expect(wire.last('response').error?.info?.reason).toBe(ErrorReason.NOT_A_MEMBER))
    expect(stage.failures).toEqual([])
    stage.answer = () => Promise.reject(new Error('secret text of a failure'))
    say({ case: 'request', value: { id: 2 } })
    await vi.waitFor(() => expect(wire.last('response').id).toBe(2))
    expect(JSON.stringify(wire.last('response').error)).not.toContain('secret')
    expect(stage.failures).toHaveLength(1)
  })

  test('beyond the most open ones is refused at once; when one is answered there is room again', async () => {
    const { wire, say } = await stage.live()
    const answers: ((payload: Uint8Array) => void)[] = []
    stage.answer = () => new Promise((resolve) => answers.push(resolve))
    for (let id = 1; id <= MAX_OPEN_REQUESTS + 1; id++) say({ case: 'request', value: { id } })
    await vi.waitFor(() => expect(wire.last('response').id).toBe(MAX_OPEN_REQUESTS + 1))
    expect(wire.last('response').error?.info).toMatchObject({ reason: ErrorReason.RATE_LIMITED, retryAfterMs: 100 })
    expect(answers).toHaveLength(MAX_OPEN_REQUESTS)
    answers[0]?.(new Uint8Array())
    await vi.waitFor(() => expect(wire.last('response').id).toBe(1))
    say({ case: 'request', value: { id: 999 } })
    expect(answers).toHaveLength(MAX_OPEN_REQUESTS + 1)
  })

  test('whose answer comes after the close is not answered', async () => {
    const { wire, connection, say } = await stage.live()
    const late = Promise.withResolvers<Uint8Array>()
    stage.answer = () => late.promise
    say({ case: 'request', value: { id: 1 } })
    connection.ended()
    late.resolve(new Uint8Array())
    await late.promise
    expect(wire.story).not.toContain('response')
  })
})

describe('frames of a client that is live', () => {
  test('go to their ports; identifiers that are none are dropped', async () => {
    const { say, wire } = await stage.live()
    stage.calls.length = 0
    say({ case: 'watchPresence', value: { userIds: [newId(), 'x', '*', newId()] } })
    say({ case: 'watchPresence', value: { userIds: Array.from({ length: 1_001 }, newId) } })
    say({ case: 'setIdle', value: { idle: true } })
    say({ case: 'typing', value: { groupId: GROUP } })
    say({ case: 'signal', value: { toDeviceId: 'bob' } })
    expect(stage.calls).toEqual(['watch 2', 'watch 1000', 'idle true', 'typing g', 'signal bob'])
    expect(wire.closedWith).toBeUndefined()
  })

  test('a signal that is refused says which one and why', async () => {
    const { say, wire } = await stage.live()
    say({ case: 'signal', value: { toDeviceId: '', seq: 7, stream: 9n } })
    await vi.waitFor(() => expect(wire.last('signalRefused')).toMatchObject({ seq: 7, stream: 9n }))
    expect(wire.last('signalRefused').error?.info?.reason).toBe(ErrorReason.BAD_SIGNAL)
    expect(stage.failures).toEqual([])
  })

  test('failures that nobody waits for are reported, and the connection goes on', async () => {
    const { say, wire } = await stage.live()
    say({ case: 'typing', value: { groupId: 'broken' } })
    say({ case: 'signal', value: { toDeviceId: 'broken', seq: 1 } })
    await vi.waitFor(() => expect(stage.failures).toHaveLength(2))
    expect(wire.closedWith).toBeUndefined()
  })

  test('a Ping is answered at any time', async () => {
    const { wire, connection } = stage.open()
    connection.pinged()
    expect(wire.story).toEqual(['pong'])
    connection.ended()
    connection.pinged()
    expect(wire.story).toEqual(['pong'])
  })

  test('a frame that does not parse closes the socket; one of a newer client does not', async () => {
    const { connection, wire } = await stage.live()
    // Field 15 of ClientFrame, which does not exist.
    connection.receive(new Uint8Array([0x7a, 0x00]))
    expect(wire.closedWith).toBeUndefined()
    connection.receive(new Uint8Array([255, 255, 255]))
    expect(wire.closedWith).toBe(CloseCode.PROTOCOL_ERROR)
  })
})

describe('a reader that is too slow', () => {
  test('is closed with a code while one still fits', async () => {
    const { wire, connection } = await stage.live()
    wire.unsent = 4 * 1024 * 1024
    connection.check(Date.now())
    expect(wire.closedWith).toBeUndefined()
    wire.unsent++
    connection.check(Date.now())
    expect(wire.closedWith).toBe(CloseCode.TOO_SLOW)
  })

  test('that reads nothing of its replay for 30 s is closed', async () => {
    const { wire, connection } = await stage.live()
    wire.waitingSince = Date.now()
    connection.check(Date.now() + 30_000)
    expect(wire.closedWith).toBeUndefined()
    connection.check(Date.now() + 30_001)
    expect(wire.closedWith).toBe(CloseCode.TOO_SLOW)
  })

  test('whose frame was dropped is cut: what followed would come after a hole', async () => {
    const { wire, connection } = await stage.live()
    wire.full = true
    connection.pinged()
    expect(wire.closedWith).toBe('cut')
    expect(stage.closes).toEqual([CloseCode.TOO_SLOW])
    wire.full = false
    await stage.post()
    expect(wire.story).not.toContain('messages 1<0')
  })

  test('in the middle of its replay leaves the room without harm to the others', async () => {
    await stage.gateway.append(GROUP, 'messages')
    stage.tokens.set('bob', actorOf({ userId: 'bob', deviceId: 'laptop', sessionId: 'bob' }))
    const bob = await stage.live('bob', [cursorAt(1)])
    const ann = stage.open()
    const read = ann.wire.stall()
    ann.hello('token', [cursorAt(0)])
    await vi.waitFor(() => expect(ann.wire.story).toContain('messages 1<0'))
    await stage.post()
    ann.wire.full = true
    read()
    await vi.waitFor(() => expect(ann.wire.closedWith).toBe('cut'))
    await stage.post()
    expect(bob.wire.story.slice(-2)).toEqual(['messages 2<1', 'messages 3<2'])
  })
})

describe('the end', () => {
  test('is one, whoever closes: everything that the connection was in is left once', async () => {
    const { wire, connection } = await stage.live()
    stage.calls.length = 0
    connection.close(CloseCode.DRAINING)
    connection.close(CloseCode.INTERNAL)
    connection.overrun()
    connection.ended()
    expect([wire.closedWith, stage.closes]).toEqual([CloseCode.DRAINING, [CloseCode.DRAINING]])
    expect(stage.calls).toEqual(['disconnected phone'])
    expect([stage.registered.size, stage.people.socketCount, stage.rooms.size]).toEqual([0, 0, 0])
    expect(connection.closed).toBe(true)
    // Presence still has to know whose it was.
    expect(connection.userId).toBe('ann')
  })

  test('of a socket that never signed in concerns the registry only', () => {
    const { connection } = stage.open()
    connection.ended()
    expect([stage.calls, stage.registered.size]).toEqual([[], 0])
  })

  test('nothing is received or sent after it', async () => {
    const { wire, connection, hello, say } = await stage.live()
    connection.ended()
    const sent = wire.frames.length
    hello()
    say({ case: 'request', value: { id: 1 } })
    connection.receive(new Uint8Array([255]))
    connection.send(new Uint8Array())
    connection.check(Date.now() + 1_000 * MINUTE)
    expect(wire.frames).toHaveLength(sent)
    expect(wire.closedWith).toBeUndefined()
    expect(stage.closes).toEqual([])
  })
})

test('a log that was erased up to the head is no obstacle to Ready', async () => {
  await stage.gateway.append(GROUP, 'messages')
  await stage.gateway.store.erase(historyStream(0), 1)
  expect((await stage.live('token', [cursorAt(0)])).wire.story.at(-1)).toBe('live')
})
