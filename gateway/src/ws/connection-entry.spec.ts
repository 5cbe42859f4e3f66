import { Semaphore } from '@beseda/async'
import { Refusal } from '@beseda/kernel'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { Scope } from '@beseda/proto/common/v1/policy'
import { CloseCode } from '@beseda/proto/gateway/v1/close_codes'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { Actor } from '../auth/actor.js'
import { actorOf, cursorAt, GROUP, MINUTE, NOW, Stage } from '../testing/stage.js'

let stage: Stage
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'], now: NOW })
  stage = new Stage()
})
afterEach(() => void vi.useRealTimers())

describe('Hello', () => {
  test('is answered by Ready, then what the client lacks, then Live', async () => {
    for (const _ of [1, 2, 3]) await stage.gateway.append(GROUP, 'messages')
    const { wire, connection } = await stage.live('token', [cursorAt(1)])
    expect(wire.story).toEqual(['ready', 'messages 2<1', 'messages 3<2', 'live'])
    expect(wire.corked).toBe(1)
    const ready = wire.last('ready')
    expect(ready).toMatchObject({
      userId: 'ann',
      deviceId: 'phone',
      pingIntervalMs: 15_000,
      traceRatio: 0.25,
      maxUploadBytes: 1_000n,
    })
    expect(ready.heads.map(({ groupId, messagesSeq }) => [groupId, messagesSeq])).toEqual([[GROUP, 3n]])
    expect([stage.resumed, stage.greetings]).toEqual([['replay'], 1])
    expect(stage.people.socketsOf('ann')).toEqual([connection])
    expect(stage.calls).toEqual(['connected phone'])
  })

  test('of somebody without a group is answered by Ready and Live', async () => {
    stage.memberOf = []
    expect((await stage.live()).wire.story).toEqual(['ready', 'live'])
  })

  test('of a member of many groups brings them up eight at a time, each once, and Live comes last', async () => {
    stage.memberOf = Array.from({ length: 20 }, (_, i) => `g${i}`)
    const { wire } = await stage.live()
    expect(wire.story[0]).toBe('ready')
    expect(wire.story.at(-1)).toBe('live')
    expect(wire.story.filter((kind) => kind === 'snapshotRequired')).toHaveLength(20)
    expect(wire.corked).toBe(3)
    expect(wire.topics.size).toBe(20)
  })

  test('is the first frame: any other closes the socket', () => {
    const frames: Parameters<ReturnType<Stage['open']>['say']>[0][] = [
      { case: 'request', value: {} },
      { case: 'authenticate', value: { accessToken: 'token' } },
      { case: 'typing', value: { groupId: GROUP } },
    ]
    for (const frame of frames) {
      const { wire, say } = stage.open()
      say(frame)
      expect(wire.closedWith).toBe(CloseCode.PROTOCOL_ERROR)
    }
    expect(stage.registered.size).toBe(0)
  })

  test('is still the first frame while its token is checked', async () => {
    const checked = Promise.withResolvers<Actor>()
    stage.check = () => checked.promise
    const { wire, hello, say } = stage.open()
    hello()
    say({ case: 'request', value: {} })
    expect(wire.closedWith).toBe(CloseCode.PROTOCOL_ERROR)
    checked.resolve(actorOf())
    await vi.waitFor(() => expect(stage.queue.waiting).toBe(0))
    expect([stage.greetings, stage.people.socketCount]).toEqual([0, 0])
  })

  test('comes once: a second one closes the socket, before Ready and after it', async () => {
    const early = stage.open()
    early.hello()
    early.hello()
    expect(early.wire.closedWith).toBe(CloseCode.PROTOCOL_ERROR)
    const late = await stage.live()
    late.hello()
    expect(late.wire.closedWith).toBe(CloseCode.PROTOCOL_ERROR)
  })

  test('waits for its turn, and a socket that closes meanwhile is not let in', async () => {
    stage.queue = new Semaphore({ permits: 1 })
    const turn = Promise.withResolvers<void>()
    const first = stage.queue.run(() => turn.promise)
    const [leaving, staying] = [stage.open(), stage.open()]
    leaving.hello()
    staying.hello()
    leaving.connection.ended()
    turn.resolve()
    await first
    await vi.waitFor(() => expect(staying.wire.story).toContain('live'))
    expect(leaving.wire.frames).toEqual([])
    expect(stage.people.socketCount).toBe(1)
  })

  test('of the same device on another socket closes the older one', async () => {
    const older = await stage.live()
    const newer = await stage.live()
    expect([older.wire.closedWith, newer.wire.closedWith]).toEqual([CloseCode.REPLACED, undefined])
    expect(stage.people.socketsOf('ann')).toEqual([newer.connection])
  })

  test('a socket that closes while its groups are asked for is in no room', async () => {
    const asked = Promise.withResolvers<void>()
    stage.membership = asked.promise
    const opened = stage.open()
    opened.hello()
    await vi.waitFor(() => expect(stage.greetings).toBe(1))
    opened.connection.ended()
    asked.resolve()
    await stage.queue.run(async () => undefined)
    await vi.waitFor(() => expect(stage.rooms.size).toBe(0))
    expect(opened.wire.frames).toEqual([])
    expect(stage.people.socketCount).toBe(0)
  })
})

describe('a token that does not open a connection closes it', () => {
  test.each([
    ['expired', new Refusal(ErrorReason.TOKEN_EXPIRED), CloseCode.TOKEN_EXPIRED],
    ['made up', new Refusal(ErrorReason.UNAUTHENTICATED), CloseCode.UNAUTHENTICATED],
    ['of an ended session', new Refusal(ErrorReason.SESSION_REVOKED), CloseCode.SESSION_ENDED],
    ['of a bot that may not read', actorOf({ scopes: [Scope.POST] }), CloseCode.UNAUTHENTICATED],
    ['that cannot be checked now', new Refusal(ErrorReason.UNAVAILABLE), CloseCode.INTERNAL],
  ])('%s', async (_, found, code) => {
    stage.tokens.set('token', found)
    const { wire, hello } = stage.open()
    hello()
    await vi.waitFor(() => expect(wire.closedWith).toBe(code))
    expect(stage.closes).toEqual([code])
    expect(stage.people.socketCount).toBe(0)
    expect(stage.calls).toEqual([])
    expect(stage.failures).toHaveLength(code === CloseCode.INTERNAL ? 1 : 0)
  })
})

describe('the clock', () => {
  test('closes a socket without Hello after 10 s', () => {
    const { wire, connection } = stage.open()
    connection.check(Date.now() + 9_999)
    expect(wire.closedWith).toBeUndefined()
    connection.check(Date.now() + 10_000)
    expect(wire.closedWith).toBe(CloseCode.TIMEOUT)
  })

  test('closes a connection whose token has expired', async () => {
    const { wire, connection } = await stage.live()
    connection.check(NOW + 10 * MINUTE - 1)
    expect(wire.closedWith).toBeUndefined()
    connection.check(NOW + 10 * MINUTE)
    expect(wire.closedWith).toBe(CloseCode.TOKEN_EXPIRED)
  })

  test('never closes a bot', async () => {
    stage.tokens.set('bot', actorOf({ scopes: [Scope.READ], expiresAt: Date.now() }))
    const { wire, connection } = await stage.live('bot')
    connection.check(Date.now() + 1_000 * MINUTE)
    expect(wire.closedWith).toBeUndefined()
  })
})

describe('a newer token', () => {
  test('of the same session keeps the connection as it is', async () => {
    stage.tokens.set('newer', actorOf({ expiresAt: NOW + 20 * MINUTE }))
    const { wire, connection, say } = await stage.live()
    say({ case: 'authenticate', value: { accessToken: 'newer' } })
    await Promise.resolve()
    await Promise.resolve()
    connection.check(NOW + 20 * MINUTE - 1)
    expect(wire.closedWith).toBeUndefined()
    connection.check(NOW + 20 * MINUTE)
    expect(wire.closedWith).toBe(CloseCode.TOKEN_EXPIRED)
  })

  test('of another session closes it, and the requests until then are those of the first', async () => {
    stage.tokens.set('other', actorOf({ userId: 'eve', sessionId: 'another' }))
    const { wire, say } = await stage.live()
    say({ case: 'authenticate', value: { accessToken: 'other' } })
    say({ case: 'request', value: { id: 1, service: 's', method: 'm' } })
    await vi.waitFor(() => expect(wire.closedWith).toBe(CloseCode.UNAUTHENTICATED))
    expect(stage.calls).toContain('ann s/m')
    expect(stage.calls).not.toContain('eve s/m')
    expect(stage.people.socketCount).toBe(0)
  })

  test('that has expired closes it', async () => {
    stage.tokens.set('old', new Refusal(ErrorReason.TOKEN_EXPIRED))
    const { wire, say } = await stage.live()
    say({ case: 'authenticate', value: { accessToken: 'old' } })
    await vi.waitFor(() => expect(wire.closedWith).toBe(CloseCode.TOKEN_EXPIRED))
  })
})
