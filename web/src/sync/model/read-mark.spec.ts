import { describe, expect, test } from 'vitest'
import { NOTHING_READ, type ReadMark } from './model.js'
import {
  LAST_INDEX,
  mentioned,
  mentionsIn,
  readTo,
  unknownMarks,
  withFurtherMarks,
  withMainRead,
  withThreadRead,
} from './read-mark.js'

const at = (seq: number) => ({ seq, index: 0 })
const read: ReadMark = { ...NOTHING_READ, ...at(3), threadsTo: at(3) }

test('a mention in a thread is read with its thread, not with the main line', () => {
  const unread = mentioned(mentioned(mentioned(read, '', 'm', 1), 't', 'a', 1), 't', 'b', 1)
  expect(unread).toMatchObject({ mentions: 3, threads: [{ id: 't', mentions: 2, firstMention: 'a' }] })
  const main = withMainRead({ ...unread, unread: 5 }, at(9))
  expect(main).toMatchObject({ ...at(9), unread: 0, mentions: 2, threadsTo: at(3) })
  const all = withThreadRead(main, 't', at(9))
  expect([all.mentions, mentionsIn(all, 't'), readTo(all, 't'), readTo(all, 'other')]).toMatchObject([
    0,
    0,
    at(9),
    at(3),
  ])
})

test('a mention that is taken back is no mention', () => {
  const unread = mentioned(mentioned(read, 't', 'a', 1), 't', 'b', 1)
  expect(mentioned(unread, 't', 'a', -1).threads).toMatchObject([{ mentions: 1, firstMention: '' }])
  expect(mentioned(unread, 't', 'b', -1).threads).toMatchObject([{ mentions: 1, firstMention: 'a' }])
  expect(mentioned(mentioned(unread, 't', 'b', -1), 't', 'a', -1)).toMatchObject({ mentions: 0 })
})

describe('a response, and what is known here', () => {
  const asOf = (mark: ReadMark, seq: number): ReadMark => ({ ...mark, asOf: seq })

  test('what was read here stays read until the server has heard of it', () => {
    const server = asOf(mentioned(mentioned({ ...read, unread: 4 }, 't', 'a', 1), 'u', 'b', 1), 9)
    const local = withMainRead(withThreadRead(server, 't', at(9)), { seq: 9, index: LAST_INDEX })
    const { read: merged, isKnown } = withFurtherMarks(server, local, true)
    expect([isKnown, merged.unread, merged.mentions, mentionsIn(merged, 't'), mentionsIn(merged, 'u')]).toEqual([
      true,
      0,
      1,
      0,
      1,
    ])
    expect(unknownMarks(server, local)).toEqual(['', 't'])
  })

  test('marks of another device that are further are taken, also beside a mark here', () => {
    const server = asOf(mentioned(mentioned(read, 't', 'a', 1), 'u', 'b', 1), 9)
    const local = withThreadRead(server, 't', at(9))
    const further = asOf(withThreadRead(withThreadRead(server, 't', at(12)), 'u', at(12)), 12)
    expect(withFurtherMarks(further, local, true)).toEqual({ read: further, isKnown: true })
    expect(unknownMarks(further, local)).toEqual([])
    const ofThread = asOf(withThreadRead(server, 'u', at(9)), 9)
    const both = withFurtherMarks(ofThread, withMainRead(server, { seq: 9, index: LAST_INDEX }), true)
    expect(both).toMatchObject({ read: { seq: 9, mentions: 1 }, isKnown: true })
    expect(mentionsIn(both.read, 'u')).toBe(0)
  })

  test('what came after a mark that the server does not know is counted here, or requested', () => {
    const server = asOf({ ...read, unread: 5 }, 20)
    const local = asOf({ ...read, ...at(12), unread: 2 }, 12)
    expect(withFurtherMarks(server, local, true)).toMatchObject({ read: { seq: 12, unread: 2 }, isKnown: true })
    expect(withFurtherMarks(server, local, false).isKnown).toBe(false)
  })
})

describe('moved back by the person', () => {
  const all = { ...read, ...at(9), asOf: 9 }
  const back = { ...read, ...at(5), unread: 3, backs: 1, markedUnread: true, asOf: 9 }

  test('the mark that knows of it holds, whichever side has it, even if the other is further', () => {
    expect(withFurtherMarks(back, all, true)).toEqual({ read: back, isKnown: true })
    expect(withFurtherMarks(all, back, true)).toEqual({ read: back, isKnown: true })
    expect(withFurtherMarks(all, back, false).isKnown).toBe(false)
    expect([unknownMarks(back, all), unknownMarks({ ...all, unread: 1 }, back)]).toEqual([[], []])
  })

  test('threads are read further all the same', () => {
    const mentions = mentioned(mentioned(back, 't', 'a', 1), 'u', 'b', 1)
    const { read: merged } = withFurtherMarks(mentions, withThreadRead(all, 't', at(9)), true)
    expect([merged.seq, merged.unread, merged.mentions, mentionsIn(merged, 't')]).toEqual([5, 3, 1, 0])
  })

  test('read again here, it is not marked any more, and the server is told, though nothing was unread', () => {
    const alone = { ...back, ...at(9), unread: 0 }
    const again = withMainRead(alone, { seq: 9, index: LAST_INDEX })
    expect(withFurtherMarks(alone, again, true).read.markedUnread).toBe(false)
    expect([unknownMarks(alone, again), unknownMarks(again, alone)]).toEqual([[''], []])
  })
})
