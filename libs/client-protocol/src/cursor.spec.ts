import { laneOf } from '@beseda/proto'
import { type Cursor, type ServerFrame, ServerFrameSchema } from '@beseda/proto/gateway/v1/frames'
import { Lane } from '@beseda/proto/log/v1/commit'
import { create, type MessageInitShape } from '@bufbuild/protobuf'
import { describe, expect, test } from 'vitest'
import { clientCursor, cursorOf, follow, headsOf } from './cursor.js'
import { NO_HEADS } from './lanes.js'

const heads = { group: 1, roster: 2, messages: 30, calls: 4 }
const frame = (value: NonNullable<MessageInitShape<typeof ServerFrameSchema>['frame']>): ServerFrame['frame'] =>
  create(ServerFrameSchema, { frame: value }).frame
const commit = (seq: number, prevSeq: number, groupId = 'g', lane = laneOf('messages')) =>
  frame({ case: 'commit', value: { groupId, lane, seq: BigInt(seq), prevSeq: BigInt(prevSeq) } })
const ready = (...cursors: Cursor[]) => frame({ case: 'ready', value: { heads: cursors } })

test('a cursor survives encoding and decoding', () => {
  expect(headsOf(cursorOf('g', 'e', heads))).toEqual(heads)
  expect(clientCursor(cursorOf('g', 'e', heads))).toEqual({ epoch: 'e', heads })
})

describe('follow', () => {
  const known = () => new Map([['g', cursorOf('g', 'e', heads)]])

  test.each([
    ['the next commit', 31, 30, 'next', 31],
    ['the same commit again', 30, 29, 'seen', 30],
    ['an older commit', 20, 19, 'seen', 30],
    ['a commit after a hole', 40, 35, 'hole', 40],
  ])('%s', (_, seq, prevSeq, contiguity, head) => {
    const cursors = known()
    expect(follow(cursors, commit(seq, prevSeq))).toBe(contiguity)
    expect(headsOf(cursors.get('g')!)).toEqual({ ...heads, messages: head })
    expect(cursors.get('g')?.epoch).toBe('e')
  })

  test('a commit of a group without a cursor, or of an unknown lane, moves nothing', () => {
    const cursors = known()
    expect(follow(cursors, commit(1, 0, 'other'))).toBe('unknown')
    expect(follow(cursors, commit(31, 30, 'g', 99 as Lane))).toBe('unknown')
    expect(follow(cursors, commit(31, 30, 'g', Lane.UNSPECIFIED))).toBe('unknown')
    expect([...cursors]).toEqual([...known()])
  })

  test('Ready drops groups that it does not list, adds new ones and moves no cursor that the client sent', () => {
    const cursors = known().set('gone', cursorOf('gone', 'e', NO_HEADS))
    const head = { ...heads, messages: 99 }
    expect(follow(cursors, ready(cursorOf('g', 'e', head), cursorOf('new', 'e', head)))).toBeUndefined()
    expect([...cursors].map(([groupId, cursor]) => [groupId, headsOf(cursor).messages])).toEqual([
      ['g', 30],
      ['new', 99],
    ])
  })

  test.each(['snapshotRequired', 'groupJoined'] as const)('%s sets the cursor to its head', (kind) => {
    const cursors = known()
    follow(cursors, frame({ case: kind, value: { head: cursorOf('g', 'another', NO_HEADS) } }))
    expect(clientCursor(cursors.get('g')!)).toEqual({ epoch: 'another', heads: NO_HEADS })
  })

  test('GroupLeft removes the cursor; other frames change nothing', () => {
    const cursors = known()
    follow(cursors, frame({ case: 'pong', value: {} }))
    expect(cursors.size).toBe(1)
    follow(cursors, frame({ case: 'groupLeft', value: { groupId: 'g' } }))
    expect(cursors.size).toBe(0)
  })
})
