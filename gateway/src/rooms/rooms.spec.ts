import { cursorOf, NO_HEADS } from '@beseda/client-protocol'
import { newId } from '@beseda/kernel'
import { callSubject, fanSubject, type LaneName, seenSubject, typingSubject } from '@beseda/proto'
import { type Call, CallChangedSchema } from '@beseda/proto/call/v1/call_service'
import { Role } from '@beseda/proto/common/v1/roles'
import { SeenSchema, TypingSchema } from '@beseda/proto/gateway/v1/frames'
import { CommitSchema, type EventSchema } from '@beseda/proto/log/v1/commit'
import { create, type MessageInitShape, toBinary } from '@bufbuild/protobuf'
import { beforeEach, describe, expect, test } from 'vitest'
import { BusFanOut } from '../bus/bus-fan-out.js'
import { type FakeSocket, TestGateway } from '../testing/fixture.js'
import { SilentBus } from '../testing/silent-bus.js'
import type { CopiedCommit } from './group-commit.js'
import { Rooms } from './rooms.js'

const GROUP = 'g'
const soon = () => new Promise(setImmediate)

let gateway: TestGateway
let bus: SilentBus
let rooms: Rooms
let calls: string[]
beforeEach(() => {
  gateway = new TestGateway()
  bus = new SilentBus()
  calls = []
  rooms = new Rooms({
    nats: bus.connection,
    fanOut: new BusFanOut(bus.connection),
    log: gateway.log,
    socketsOf: (userId) => gateway.sockets.filter((socket) => socket.userId === userId),
    events: {
      repaired: (lane: LaneName) => void gateway.repairs.push(lane),
      topics: gateway.topics,
      callChanged: ({ id }: Call) => void calls.push(id),
    },
    onFailure: (error) => gateway.failures.push(error),
  })
})

/** A socket that is live in the group's room. */
async function inside(userId = newId(), groupId = GROUP): Promise<FakeSocket> {
  const socket = gateway.socket(userId)
  const entered = await rooms.enter(groupId, socket, 0)
  entered?.room.goLive(socket)
  return socket
}

/** The copy of a stored commit comes over the bus, to those who listen to `filter`. */
function copy({ groupId, lane, seq, prevSeq, bytes }: CopiedCommit, filter = fanSubject(0, groupId, '*')): void {
  const headers = { 'Nats-Sequence': String(seq), 'Nats-Last-Sequence': String(prevSeq) }
  bus.say(fanSubject(0, groupId, lane), bytes, headers, filter)
}
const joins = (userId: string) => [
  {
    commandId: newId(),
    actorId: '',
    version: 1,
    body: { case: 'memberJoined' as const, value: { userId, role: Role.MEMBER } },
  },
]
const leaves = (userId: string) => [
  { commandId: newId(), actorId: '', version: 1, body: { case: 'memberRemoved' as const, value: { userId } } },
]
const groupSubjects = () => bus.subjects.filter((subject) => subject.split('.').includes(GROUP))

describe('a room', () => {
  test('is opened once, with one subscription of each kind, and its heads are read after them', async () => {
    await gateway.append(GROUP, 'messages')
    const [one, two] = await Promise.all([rooms.open([GROUP]), rooms.open([GROUP, 'other'])])
    expect(one[0]).toBe(two[0])
    expect(groupSubjects()).toEqual([
      fanSubject(0, GROUP, '*'),
      typingSubject(GROUP),
      seenSubject(GROUP),
      callSubject(GROUP),
    ])
    expect(rooms.size).toBe(2)
    const entered = await rooms.enter(GROUP, gateway.socket(), 0)
    expect(entered?.head).toEqual({ ...NO_HEADS, messages: 1 })
  })

  test('closes with its subscriptions when its last socket leaves', async () => {
    const [ann, bob] = [await inside(), await inside()]
    rooms.leave(ann)
    expect([rooms.size, groupSubjects().length]).toEqual([1, 4])
    rooms.leave(bob)
    expect([rooms.size, groupSubjects()]).toEqual([0, []])
    expect(await rooms.find(GROUP)).toBeUndefined()
  })

  test('that closes while a socket waits to be let in is opened anew for it', async () => {
    const ann = await inside()
    const coming = inside()
    rooms.leave(ann)
    const bob = await coming
    expect(await rooms.find(GROUP).then((room) => room?.has(bob))).toBe(true)
    copy(await gateway.append(GROUP, 'messages'))
    await expect.poll(() => bob.story).toEqual(['messages 1<0'])
  })

  test('of streams that were replaced does not take its successor with it', async () => {
    const old = await inside()
    rooms.closeAll()
    const ann = await inside()
    rooms.leave(old)
    expect(rooms.size).toBe(1)
    copy(await gateway.append(GROUP, 'messages'))
    await expect.poll(() => ann.story).toEqual(['messages 1<0'])
  })

  test('that cannot be opened is tried again by the next one who comes', async () => {
    const { heads } = gateway.store
    gateway.store.heads = () => Promise.reject(new Error('no answer'))
    await expect(rooms.enter(GROUP, gateway.socket(), 0)).rejects.toThrow('no answer')
    expect([rooms.size, groupSubjects()]).toEqual([0, []])
    gateway.store.heads = heads
    expect((await inside()).topics).toEqual(new Set([GROUP]))
  })
})

describe('a socket', () => {
  test('of somebody who has left the group since is not let in, and leaves no room behind', async () => {
    const ann = gateway.socket('ann')
    await gateway.append(GROUP, 'roster', joins('ann'))
    await gateway.append(GROUP, 'roster', leaves('ann'))
    expect(await rooms.enter(GROUP, ann, 1)).toBeUndefined()
    expect(rooms.size).toBe(0)
  })

  test('of somebody who has left and come back is let in', async () => {
    const ann = gateway.socket('ann')
    await gateway.append(GROUP, 'roster', joins('ann'))
    await gateway.append(GROUP, 'roster', leaves('ann'))
    await gateway.append(GROUP, 'roster', joins('ann'))
    expect((await rooms.enter(GROUP, ann, 1))?.head.roster).toBe(3)
  })

  test('that closes while it is let in is in no room', async () => {
    const ann = gateway.socket()
    const entering = rooms.enter(GROUP, ann, 0)
    ann.closedWith = 4000
    expect(await entering).toBeUndefined()
    expect(rooms.size).toBe(0)
  })

  test('leaves all its rooms', async () => {
    const ann = await inside('ann')
    for (const groupId of ['two', 'three']) (await rooms.enter(groupId, ann, 0))?.room.goLive(ann)
    rooms.leave(ann)
    expect([rooms.size, ann.topics.size]).toEqual([0, 0])
    rooms.leave(ann)
  })
})

describe('somebody who becomes a member while connected', () => {
  const toMembers = (lane: LaneName) => fanSubject('*', '*', lane)

  test('gets the group, then what follows', async () => {
    const ann = gateway.socket('ann')
    copy(await gateway.append(GROUP, 'roster', joins('ann')), toMembers('roster'))
    await expect.poll(() => ann.story).toEqual(['groupJoined'])
    const [joined] = ann.frames
    expect(joined?.value).toMatchObject({ head: cursorOf(GROUP, 'memory-1', { ...NO_HEADS, roster: 1 }) })
    copy(await gateway.append(GROUP, 'messages', [], 1))
    await expect.poll(() => ann.story).toEqual(['groupJoined', 'messages 2<0'])
  })

  test('on two devices gets it on both, and the others nothing', async () => {
    const [phone, laptop, bob] = [gateway.socket('ann'), gateway.socket('ann'), gateway.socket('bob')]
    copy(await gateway.append(GROUP, 'roster', joins('ann')), toMembers('roster'))
    await expect.poll(() => [phone.story, laptop.story]).toEqual([['groupJoined'], ['groupJoined']])
    expect(bob.frames).toEqual([])
  })

  test('in a room already, by another way, hears of it once', async () => {
    const ann = await inside('ann')
    const commit = await gateway.append(GROUP, 'roster', joins('ann'))
    copy(commit, toMembers('roster'))
    copy(commit)
    await expect.poll(() => ann.story).toEqual(['roster 1<0'])
  })

  test('waits for Ready', async () => {
    const ann = gateway.socket('ann')
    const later: (() => void)[] = []
    ann.whenReady = (work) => void later.push(work)
    copy(await gateway.append(GROUP, 'roster', joins('ann')), toMembers('roster'))
    await soon()
    expect(ann.frames).toEqual([])
    for (const work of later) work()
    await expect.poll(() => ann.story).toEqual(['groupJoined'])
  })

  test('and is removed before being let in gets nothing', async () => {
    const ann = gateway.socket('ann')
    const commit = await gateway.append(GROUP, 'roster', joins('ann'))
    await gateway.append(GROUP, 'roster', leaves('ann'))
    copy(commit, toMembers('roster'))
    await soon()
    expect([ann.frames, rooms.size, gateway.failures]).toEqual([[], 0, []])
  })
})

describe('somebody outside of a group', () => {
  const events = (body: NonNullable<MessageInitShape<typeof EventSchema>['body']>) => [
    { commandId: newId(), actorId: 'admin', version: 1, body },
  ]
  const concerning = [
    { case: 'joinRequested', value: { userId: 'ann' } },
    { case: 'joinDeclined', value: { userId: 'ann' } },
    { case: 'memberRemoved', value: { userId: 'ann' } },
    { case: 'memberBanned', value: { userId: 'ann', reason: 'spam' } },
    { case: 'memberUnbanned', value: { userId: 'ann' } },
  ] as const

  test.each(concerning)('is told on every device that there is news: $case; others are not', async (body) => {
    const [phone, laptop, bob] = [gateway.socket('ann'), gateway.socket('ann'), gateway.socket('bob')]
    copy(await gateway.append(GROUP, 'roster', events(body)), fanSubject('*', '*', 'roster'))
    await soon()
    expect([phone.story, laptop.story, bob.story]).toEqual([['userEvent'], ['userEvent'], []])
    // What it is they ask the membership service, as everybody else is answered nothing.
    const change = { groupId: GROUP, seq: 1n }
    expect(phone.frames[0]?.value).toMatchObject({ event: { case: 'noticeChanged', value: change } })
    expect(JSON.stringify(phone.frames[0]?.value, (_, value) => (typeof value === 'bigint' ? 0 : value))).not.toContain(
      'spam',
    )
  })

  test('who is put out of a room is told the place in the history, too', async () => {
    const ann = await inside('ann')
    copy(await gateway.append(GROUP, 'roster', leaves('ann')))
    await expect.poll(() => ann.frames).toMatchObject([{ case: 'groupLeft', value: { groupId: GROUP, seq: 1n } }])
  })
})

describe('what the bus says about a group', () => {
  test('a copy that comes twice, late or not at all: each commit is delivered once and in order', async () => {
    const ann = await inside()
    const commits = []
    for (let i = 0; i < 5; i++) commits.push(await gateway.append(GROUP, 'messages'))
    // The second copy is lost, the fourth comes before the third and again after it.
    for (const at of [0, 3, 2, 3, 4]) copy(commits[at]!)
    await expect
      .poll(() => ann.story)
      .toEqual(['messages 1<0', 'messages 2<1', 'messages 3<2', 'messages 4<3', 'messages 5<4'])
    expect(gateway.repairs).toContain('messages')
  })

  test('a message that is no copy of a commit changes nothing', async () => {
    const ann = await inside()
    const bytes = toBinary(CommitSchema, create(CommitSchema))
    bus.say(fanSubject(0, GROUP, 'messages'), bytes, {}, fanSubject(0, GROUP, '*'))
    bus.say('fan.0.g.unknown', bytes, { 'Nats-Sequence': '1' }, fanSubject(0, GROUP, '*'))
    copy(await gateway.append(GROUP, 'messages'))
    await expect.poll(() => ann.story).toEqual(['messages 1<0'])
  })

  test('who types, and who has read, is told to the others', async () => {
    const [ann, bob] = [await inside('ann'), await inside('bob')]
    bus.say(typingSubject(GROUP), toBinary(TypingSchema, create(TypingSchema, { groupId: GROUP, userId: 'ann' })))
    bus.say(seenSubject(GROUP), toBinary(SeenSchema, create(SeenSchema, { groupId: GROUP, userId: 'bob', seq: 3n })))
    await expect.poll(() => [ann.story, bob.story]).toEqual([['seen'], ['typing']])
  })

  test('a change of its call is told to everybody, and to the gateway first', async () => {
    const ann = await inside('ann')
    const toldBefore: number[] = []
    ann.send = () => void toldBefore.push(calls.length)
    const changed = create(CallChangedSchema, { call: { id: 'call', groupId: GROUP } })
    bus.say(callSubject(GROUP), toBinary(CallChangedSchema, changed))
    await expect.poll(() => toldBefore).toEqual([1])
    expect(calls).toEqual(['call'])
  })
})

test('rooms that are behind the log deliver what they lack, and groups without a room are left alone', async () => {
  const ann = await inside()
  await gateway.append(GROUP, 'messages')
  await gateway.append('other', 'messages')
  await rooms.catchUp(await gateway.log.heads([GROUP, 'other']))
  expect(ann.story).toEqual(['messages 1<0'])
  expect(rooms.groupIds).toEqual([GROUP])
})

test('a gateway that stops listens to nothing any more', async () => {
  await inside()
  rooms.stop()
  await soon()
  expect([rooms.size, bus.subjects]).toEqual([0, []])
})
