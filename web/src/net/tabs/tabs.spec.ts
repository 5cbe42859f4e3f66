import {
  ClientFrameSchema,
  type Cursor,
  CursorSchema,
  type ServerFrame,
  ServerFrameSchema,
} from '@beseda/proto/gateway/v1/frames'
import { Lane } from '@beseda/proto/log/v1/commit'
import { create, fromBinary, type MessageInitShape, toBinary } from '@bufbuild/protobuf'
import { expect, test } from 'vitest'
import { type Frame, IDLE, type LinkState, type OutgoingFrame } from '../link/wire.js'
import { fakeChannels } from './fake-channels.js'
import { Follower } from './follower.js'
import { Leader } from './leader.js'

const serverFrame = (frame: NonNullable<MessageInitShape<typeof ServerFrameSchema>['frame']>): ServerFrame =>
  create(ServerFrameSchema, { frame })
const head = (groupId: string, messagesSeq: bigint): Cursor =>
  create(CursorSchema, { groupId, epoch: 'e', messagesSeq, rosterSeq: 1n })
const commit = (groupId: string, seq: bigint) =>
  serverFrame({ case: 'commit', value: { groupId, lane: Lane.MESSAGES, seq, prevSeq: seq - 1n, epoch: 'e' } })

function windows() {
  const tabs = fakeChannels()
  const sent: OutgoingFrame[] = []
  const link = {
    state: IDLE as LinkState,
    hurried: 0,
    send: (frame: OutgoingFrame) => void sent.push(frame),
    sendBytes: (bytes: Uint8Array) =>
      void sent.push(fromBinary(ClientFrameSchema, bytes).frame as unknown as OutgoingFrame),
    hurry: () => void link.hurried++,
  }
  const ofLeader = tabs.open()
  const leader = new Leader(link, ofLeader)
  ofLeader.listen((message) => leader.handleMessage(message))
  const says = (frame: ServerFrame) => leader.handleFrame(frame.frame, toBinary(ServerFrameSchema, frame))
  const becomes = (status: LinkState['status']) => {
    link.state = { ...IDLE, status }
    leader.handleState(link.state)
  }
  const join = (id: string, cursors: () => Cursor[]) => {
    const channel = tabs.open()
    const heard: Frame[] = []
    const states: LinkState['status'][] = []
    const follower = new Follower(id, channel, {
      cursors,
      frame: (frame) => void heard.push(frame),
      state: ({ status }) => void states.push(status),
    })
    channel.listen((message) => follower.handleMessage(message))
    return { follower, heard, states, cases: () => heard.map((frame) => frame.case) }
  }
  return { leader, link, sent, says, becomes, join }
}

test('a window that joins learns how far the socket is, and fetches only what it lacks', () => {
  const { says, becomes, join } = windows()
  says(
    serverFrame({
      case: 'ready',
      value: { userId: 'u', heads: [head('known', 5n), head('behind', 5n), head('new', 1n)] },
    }),
  )
  becomes('live')
  says(commit('behind', 6n))
  const { follower, heard, states } = join('b', () => [head('known', 5n), head('behind', 5n)])
  follower.hello()
  expect(heard.map((frame) => frame.case)).toEqual(['ready', 'snapshotRequired', 'snapshotRequired', 'live'])
  const wanted = heard.flatMap((frame) => (frame.case === 'snapshotRequired' ? [frame.value.head] : []))
  expect(wanted.map((cursor) => [cursor?.groupId, cursor?.messagesSeq])).toEqual([
    ['behind', 6n],
    ['new', 1n],
  ])
  expect(states.at(-1)).toBe('live')
})

test('a cursor of another epoch is ignored', () => {
  const { says, becomes, join } = windows()
  says(serverFrame({ case: 'ready', value: { heads: [head('g', 5n)] } }))
  becomes('live')
  const { follower, cases } = join('b', () => [{ ...head('g', 9n), epoch: 'old' }])
  follower.hello()
  expect(cases()).toEqual(['ready', 'snapshotRequired', 'live'])
})

test('every window receives commits and no frames of the socket itself; a frame for one window reaches only that one', () => {
  const { says, becomes, join } = windows()
  const [b, c] = [join('b', () => []), join('c', () => [])]
  says(serverFrame({ case: 'ready', value: { heads: [] } }))
  becomes('live')
  for (const window of [b, c]) window.heard.length = 0
  says(commit('g', 1n))
  says(serverFrame({ case: 'pong', value: {} }))
  says(serverFrame({ case: 'response', value: { id: 1 } }))
  b.follower.hello()
  expect(b.cases()).toEqual(['commit', 'ready', 'live'])
  expect(c.cases()).toEqual(['commit'])
})

test('while the leader waits, all wait; when it is live again, each requests what it missed', () => {
  const { becomes, says, join, link } = windows()
  const { states, follower, cases } = join('b', () => [])
  says(serverFrame({ case: 'ready', value: { heads: [] } }))
  becomes('waiting')
  expect(states.at(-1)).toBe('waiting')
  follower.hurry()
  expect(link.hurried).toBe(1)
  becomes('idle')
  expect(states.at(-1)).toBe('connecting')
  becomes('live')
  expect(states.at(-1)).toBe('live')
  expect(cases()).toEqual(['ready', 'live'])
})

test('the people shown in any window are watched; a person is away when away from all', () => {
  const { leader, join, sent } = windows()
  const { follower } = join('b', () => [])
  leader.send({ case: 'watchPresence', value: { userIds: ['ann', 'bob'] } })
  follower.send({ case: 'watchPresence', value: { userIds: ['bob', 'eve'] } })
  expect(sent.at(-1)?.value).toMatchObject({ userIds: ['ann', 'bob', 'eve'] })
  leader.send({ case: 'setIdle', value: { idle: true } })
  expect(sent.at(-1)?.value).toMatchObject({ idle: false })
  follower.send({ case: 'setIdle', value: { idle: true } })
  expect(sent.at(-1)?.value).toMatchObject({ idle: true })
  follower.send({ case: 'typing', value: { groupId: 'g' } })
  expect(sent.at(-1)).toMatchObject({ case: 'typing', value: { groupId: 'g' } })
  follower.send({ case: 'setIdle', value: { idle: false } })
  expect(sent.at(-1)?.value).toMatchObject({ idle: false })
  // The only active window is closed.
  follower.leave()
  expect(sent.at(-1)?.value).toMatchObject({ idle: true })
})
