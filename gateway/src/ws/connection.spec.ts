import { Semaphore } from '@beseda/async'
import { cursorOf, NO_HEADS } from '@beseda/client-protocol'
import { newId, Refusal } from '@beseda/kernel'
import { historyStream } from '@beseda/proto'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { Scope } from '@beseda/proto/common/v1/policy'
import { CloseCode } from '@beseda/proto/gateway/v1/close_codes'
import { ClientFrameSchema, type Cursor } from '@beseda/proto/gateway/v1/frames'
import { MAX_OPEN_REQUESTS } from '@beseda/rules'
import { create, type MessageInitShape, toBinary } from '@bufbuild/protobuf'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { Actor } from '../auth/actor.js'
import { People } from '../people/people.js'
import { RoomsEntry } from '../rooms/entry.js'
import { Rooms } from '../rooms/rooms.js'
import { FakeWire } from '../testing/fake-wire.js'
import { TestGateway } from '../testing/fixture.js'
import { SilentBus } from '../testing/silent-bus.js'
import { Connection } from './connection.js'
import type { Registered } from './connections.js'
import type { ConnectionPorts } from './ports.js'

const MINUTE = 60_000
const GROUP = 'g'
const NOW = Date.now()
beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'], now: NOW }))
afterEach(() => void vi.useRealTimers())

const actorOf = (change: Partial<Actor> = {}): Actor => ({
  ...{ userId: 'ann', deviceId: 'phone', sessionId: 'session', expiresAt: NOW + 10 * MINUTE, scopes: undefined },
  ...change,
})

/**
 * A gateway of real rooms and people over a log in memory, and connections on wires that are stand-ins. `memberOf`: the groups of everybody.
 */
class Stage {
  readonly gateway = new TestGateway()
  readonly bus = new SilentBus()
  readonly people = new People(this.bus.connection, () => undefined)
  readonly tokens = new Map<string, Actor | Refusal>([['token', actorOf()]])
  readonly calls: string[] = []
  readonly failures: unknown[] = []
  readonly registered = new Set<Registered>()
  readonly resumed: string[] = []
  readonly closes: CloseCode[] = []
  greetings = 0
  queue = new Semaphore({ permits: 10 })
  memberOf: readonly string[] = [GROUP]
  hiddenUpTo = 0
  /** The membership service answers when this resolves. */
  membership = Promise.resolve()
  /** What the service answers; each test sets its own. */
  answer: () => Promise<Uint8Array> = async () => new Uint8Array([1])
  /** How a token is checked; a test may have it wait. */
  check = async (token: string): Promise<Actor> => {
    const found = this.tokens.get(token) ?? new Refusal(ErrorReason.UNAUTHENTICATED)
    if (found instanceof Refusal) throw found
    return found
  }
  readonly rooms = new Rooms({
    nats: this.bus.connection,
    log: this.gateway.log,
    socketsOf: (userId) => this.people.socketsOf(userId),
    events: {
      repaired: () => undefined,
      callChanged: () => undefined,
      publish: (topic, frame) => {
        for (const wire of this.wires) if (wire.topics.has(topic)) wire.send(frame)
      },
    },
    onFailure: (error) => this.failures.push(error),
  })
  readonly wires: FakeWire[] = []
  readonly #ports: ConnectionPorts = {
    registry: { remove: (connection) => this.registered.delete(connection) },
    signIn: { actor: (token) => this.check(token) },
    queue: { run: (work) => this.queue.run(work) },
    people: this.people,
    rooms: new RoomsEntry(
      {
        of: async () => {
          await this.membership
          return new Map(this.memberOf.map((id) => [id, { rosterSeq: 0, hiddenUpTo: this.hiddenUpTo }]))
        },
      },
      this.rooms,
    ),
    requests: {
      call: ({ service, method, actor }) => {
        this.calls.push(`${actor?.userId} ${service}/${method}`)
        return this.answer()
      },
    },
    presence: {
      connected: ({ deviceId }) => this.calls.push(`connected ${deviceId}`),
      disconnected: ({ deviceId }) => this.calls.push(`disconnected ${deviceId}`),
      watch: (_, userIds) => this.calls.push(`watch ${userIds.length}`),
      setIdle: (_, idle) => this.calls.push(`idle ${idle}`),
    },
    typing: {
      notify: async (_, groupId) => {
        if (groupId === 'broken') throw new Error('no room')
        this.calls.push(`typing ${groupId}`)
      },
    },
    signalling: {
      forward: async (_, { toDeviceId }) => {
        if (toDeviceId === '') throw new Refusal(ErrorReason.BAD_SIGNAL)
        if (toDeviceId === 'broken') throw new Error('the bus is gone')
        this.calls.push(`signal ${toDeviceId}`)
      },
    },
    metrics: {
      closed: (code) => void this.closes.push(code),
      greeted: () => void this.greetings++,
      resumed: (plan) => void this.resumed.push(plan),
    },
    traceRatio: 0.25,
    onFailure: (error) => this.failures.push(error),
  }

  open() {
    const wire = new FakeWire()
    this.wires.push(wire)
    const connection = new Connection(wire, this.#ports)
    this.registered.add(connection)
    const say = (frame: NonNullable<MessageInitShape<typeof ClientFrameSchema>['frame']>) =>
      connection.receive(toBinary(ClientFrameSchema, create(ClientFrameSchema, { frame })))
    const hello = (accessToken = 'token', cursors: Cursor[] = []) =>
      say({ case: 'hello', value: { accessToken, cursors } })
    return { wire, connection, say, hello }
  }

  /** A connection that is live. */
  async live(token = 'token', cursors: Cursor[] = []) {
    const opened = this.open()
    opened.hello(token, cursors)
    await vi.waitFor(() => expect(opened.wire.story).toContain('live'))
    return opened
  }

  /** A commit is stored, and its copy comes over the bus. */
  async post(groupId = GROUP, lane: 'messages' | 'roster' = 'messages') {
    const copy = await this.gateway.append(groupId, lane)
    await (await this.rooms.find(groupId))?.offer(copy)
    await (await this.rooms.find(groupId))?.catchUp(NO_HEADS)
  }
}
let stage: Stage
beforeEach(() => {
  stage = new Stage()
})
const at = (messages: number, epoch = 'memory-1') => cursorOf(GROUP, epoch, { ...NO_HEADS, messages })

describe('Hello', () => {
  test('is answered by Ready, then what the client lacks, then Live', async () => {
    for (const _ of [1, 2, 3]) await stage.gateway.append(GROUP, 'messages')
    const { wire, connection } = await stage.live('token', [at(1)])
    expect(wire.story).toEqual(['ready', 'messages 2<1', 'messages 3<2', 'live'])
    expect(wire.corked).toBe(1)
    const ready = wire.last('ready')
    expect(ready).toMatchObject({ userId: 'ann', deviceId: 'phone', pingIntervalMs: 15_000, traceRatio: 0.25 })
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

describe('commits', () => {
  test('that come while the client is brought up follow the replay, each once and in order', async () => {
    for (const _ of [1, 2, 3]) await stage.gateway.append(GROUP, 'messages')
    const opened = stage.open()
    const read = opened.wire.stall()
    opened.hello('token', [at(1)])
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
    expect((await stage.live('token', [at(1, 'another')])).wire.story).toEqual(['ready', 'snapshotRequired', 'live'])
    stage.hiddenUpTo = 3
    expect((await stage.live('token', [at(1)])).wire.story).toEqual(['ready', 'snapshotRequired', 'live'])
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
    const bob = await stage.live('bob', [at(1)])
    const ann = stage.open()
    const read = ann.wire.stall()
    ann.hello('token', [at(0)])
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
  expect((await stage.live('token', [at(0)])).wire.story.at(-1)).toBe('live')
})
