import { cursorOf, NO_HEADS } from '@beseda/client-protocol'
import { laneOf } from '@beseda/proto'
import { type ServerFrame, ServerFrameSchema } from '@beseda/proto/gateway/v1/frames'
import { CommitSchema, type Event, EventSchema } from '@beseda/proto/log/v1/commit'
import { create, type MessageInitShape, toBinary } from '@bufbuild/protobuf'
import { describe, expect, test } from 'vitest'
import type { BesedaEvent } from './events.js'
import { Positions } from './positions.js'

const frame = (frame: MessageInitShape<typeof ServerFrameSchema>['frame']): ServerFrame['frame'] =>
  create(ServerFrameSchema, { frame: frame ?? { case: undefined } }).frame
const head = (groupId: string, messages = 0, epoch = 'e') => cursorOf(groupId, epoch, { ...NO_HEADS, messages })
const ready = (...groups: string[]) => frame({ case: 'ready', value: { heads: groups.map((group) => head(group)) } })
const live = frame({ case: 'live', value: {} })
const snapshot = (groupId: string, messages = 0) =>
  frame({ case: 'snapshotRequired', value: { head: head(groupId, messages) } })
const left = (groupId: string) => frame({ case: 'groupLeft', value: { groupId, seq: 9n } })
const joined = (groupId: string) => frame({ case: 'groupJoined', value: { head: head(groupId) } })

const posted = (messageId: string): Event =>
  create(EventSchema, { actorId: 'ann', body: { case: 'messagePosted', value: { messageId } } })
const commit = (groupId: string, seq: number, prevSeq: number, events: Event[] = [posted(`m${seq}`)], epoch = 'e') =>
  frame({
    case: 'commit',
    value: {
      groupId,
      lane: laneOf('messages'),
      seq: BigInt(seq),
      prevSeq: BigInt(prevSeq),
      epoch,
      commit: toBinary(CommitSchema, create(CommitSchema, { events })),
    },
  })

/** What the frames tell, in short; a gap ends it. */
function told(positions: Positions, ...frames: ServerFrame['frame'][]): string[] {
  const short = (event: BesedaEvent): string => {
    if (event.kind === 'messagePosted') return event.value.messageId
    return 'groupId' in event ? `${event.kind} ${event.groupId}` : event.kind
  }
  return frames.flatMap((one) => {
    const steps = positions.take(one)
    return steps === 'gap' ? ['gap'] : steps.flatMap(({ events }) => events.map(short))
  })
}
const atTea = () => {
  const positions = new Positions()
  told(positions, ready('tea'), snapshot('tea'), live)
  return positions
}

describe('commits', () => {
  test('each is told once, in order, whatever is sent again', () => {
    const first = [commit('tea', 3, 0), commit('tea', 5, 3), commit('tea', 3, 0)]
    expect(told(atTea(), ...first, commit('tea', 5, 3), commit('tea', 6, 5))).toEqual(['m3', 'm5', 'm6'])
  })

  test('so is one whose events have no ids of their own', () => {
    const pinned = create(EventSchema, { actorId: 'ann', body: { case: 'pinChanged', value: {} } })
    const again = [commit('tea', 3, 0, [pinned]), commit('tea', 3, 0, [pinned]), commit('tea', 2, 0, [pinned])]
    expect(told(atTea(), ...again)).toEqual(['pinChanged tea'])
  })

  test('one that is missing makes a gap, and the cursor stays before it', () => {
    const positions = atTea()
    expect(told(positions, commit('tea', 3, 0), commit('tea', 7, 5))).toEqual(['m3', 'gap'])
    expect(positions.cursors()).toEqual([head('tea', 3)])
    expect(told(positions, commit('tea', 5, 3), commit('tea', 7, 5))).toEqual(['m5', 'm7'])
  })

  test('one of another epoch cannot follow: a gap, too', () => {
    expect(told(atTea(), commit('tea', 1, 0, [posted('new')], 'other'))).toEqual(['gap'])
  })

  test('of a group that the client is not in, and of lanes of a newer server: nothing', () => {
    const positions = atTea()
    const newer = commit('tea', 4, 0)
    if (newer.case === 'commit') newer.value.lane = 99 as never
    expect(told(positions, commit('coffee', 1, 0), newer)).toEqual([])
  })

  test('several events of one commit have their places, and unknown ones are skipped', () => {
    const steps = atTea().take(commit('tea', 3, 0, [posted('a'), create(EventSchema, {}), posted('b')]))
    const places = steps === 'gap' ? [] : steps.flatMap(({ events }) => events)
    expect(places).toMatchObject([
      { groupId: 'tea', lane: 'messages', seq: 3, index: 0, actorId: 'ann' },
      { seq: 3, index: 2 },
    ])
  })

  test('a second post with the same id in one group is ignored', () => {
    const positions = new Positions()
    told(positions, ready('tea', 'coffee'), snapshot('tea'), snapshot('coffee'), live)
    const again = [commit('tea', 1, 0, [posted('a')]), commit('tea', 2, 1, [posted('a')])]
    expect(told(positions, ...again, commit('coffee', 3, 0, [posted('a')]))).toEqual(['a', 'a'])
  })
})

describe('groups', () => {
  test('those of the first connection are no news', () => {
    expect(told(new Positions(), ready('tea'), snapshot('tea'), live)).toEqual(['live'])
  })

  test('one that came while the client was away is joined, and what was said there was missed; one that is not listed is left', () => {
    const positions = new Positions([head('tea')])
    expect(told(positions, ready('coffee'), snapshot('coffee', 7), live, commit('coffee', 8, 7))).toEqual([
      'groupLeft tea',
      'groupJoined coffee',
      'missed coffee',
      'live',
      'm8',
    ])
  })

  test('a client that was in no group is told of its first one', () => {
    expect(told(new Positions([]), ready('tea'), snapshot('tea'), live)).toEqual([
      'groupJoined tea',
      'missed tea',
      'live',
    ])
  })

  test('a known one that has to be fetched again was missed in part', () => {
    const positions = new Positions([head('tea', 4)])
    expect(told(positions, ready('tea'), snapshot('tea', 900), live, commit('tea', 901, 900))).toEqual([
      'missed tea',
      'live',
      'm901',
    ])
  })

  test('coming and going while connected is told once', () => {
    expect(told(atTea(), joined('coffee'), joined('coffee'), left('coffee'), left('coffee'))).toEqual([
      'groupJoined coffee',
      'groupLeft coffee',
    ])
  })
})

test('what passes is passed on, and what only the connection needs is not', () => {
  const typing = frame({ case: 'typing', value: { groupId: 'tea', userId: 'ann' } })
  expect(told(atTea(), typing, frame({ case: 'pong', value: {} }))).toEqual(['passing'])
})
