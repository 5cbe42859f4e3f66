import { Semaphore } from '@beseda/async'
import { cursorOf, NO_HEADS } from '@beseda/client-protocol'
import { Refusal } from '@beseda/kernel'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { CloseCode } from '@beseda/proto/gateway/v1/close_codes'
import { ClientFrameSchema, type Cursor } from '@beseda/proto/gateway/v1/frames'
import { create, type MessageInitShape, toBinary } from '@bufbuild/protobuf'
import { expect, vi } from 'vitest'
import type { Actor } from '../auth/actor.js'
import { BusFanOut } from '../bus/bus-fan-out.js'
import { People } from '../people/people.js'
import { RoomsEntry } from '../rooms/entry.js'
import { Gather } from '../rooms/gather.js'
import { Rooms } from '../rooms/rooms.js'
import { Connection } from '../ws/connection.js'
import type { Registered } from '../ws/connections.js'
import type { ConnectionPorts } from '../ws/ports.js'
import { FakeWire } from './fake-wire.js'
import { TestGateway } from './fixture.js'
import { SilentBus } from './silent-bus.js'
import { Windows } from './windows.js'

export const MINUTE = 60_000
export const GROUP = 'g'
export const NOW = Date.now()
export const actorOf = (change: Partial<Actor> = {}): Actor => ({
  ...{ userId: 'ann', deviceId: 'phone', sessionId: 'session', expiresAt: NOW + 10 * MINUTE, scopes: undefined },
  ...change,
})

/**
 * A gateway of real rooms and people over a log in memory, and connections on wires that are stand-ins. `memberOf`: the groups of everybody.
 */
export class Stage {
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
  readonly wires: FakeWire[] = []
  readonly windows = new Windows()
  readonly topics = new Gather({
    publish: (topic, frame) => {
      for (const wire of this.wires) if (wire.topics.has(topic)) wire.send(frame)
    },
    ...this.windows.parts,
  })
  readonly rooms = new Rooms({
    nats: this.bus.connection,
    fanOut: new BusFanOut(this.bus.connection),
    log: this.gateway.log,
    socketsOf: (userId) => this.people.socketsOf(userId),
    events: {
      repaired: () => undefined,
      callChanged: () => undefined,
      topics: this.topics,
    },
    onFailure: (error) => this.failures.push(error),
  })
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
    maxUploadBytes: 1_000,
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

/** A cursor of the stage's group. */
export const cursorAt = (messages: number, epoch = 'memory-1'): Cursor =>
  cursorOf(GROUP, epoch, { ...NO_HEADS, messages })
