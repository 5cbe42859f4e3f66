import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  isAfter,
  isLate,
  MOST_MARKS,
  MOST_TOLD,
  moveBack,
  NOTHING_READ,
  type ReadMarks,
  readMain,
  readThread,
  type ThreadUnread,
  threadMark,
} from './read-marks.js'

const at = (seq: number, index = 0) => ({ seq, index })
const mention = (threadId: string, seq: number): ThreadUnread => ({ threadId, ...at(seq) })

test('reading the main line leaves unread mentions in threads', () => {
  const marks = readMain(NOTHING_READ, at(9), [mention('a', 4), mention('b', 6)])
  expect(marks).toMatchObject({ ...at(9), threads: at(3, 0xffff) })
  expect(readMain(marks ?? NOTHING_READ, at(9), [])).toBeUndefined()
})

test('a thread without an unread mention needs no mark', () => {
  expect(readThread(NOTHING_READ, 'a', at(9), [mention('b', 4)])).toBeUndefined()
  expect(readThread(NOTHING_READ, 'a', at(3), [mention('a', 4)])).toBeUndefined()
})

test('a mark is dropped once everything before it is read', () => {
  const unread = [mention('a', 4), mention('b', 6)]
  const main = readMain(NOTHING_READ, at(9), unread) ?? NOTHING_READ
  const half = readThread(main, 'b', at(9), unread) ?? NOTHING_READ
  expect([...half.marks.keys()]).toEqual(['b'])
  const all = readThread(half, 'a', at(9), [mention('a', 4)])
  expect(all).toMatchObject({ ...at(9), threads: at(9), marks: new Map() })
})

test('who leaves a mention unread for ever has only so many marks', () => {
  const left = mention('left', 1)
  let marks = readMain(NOTHING_READ, at(2), [left]) ?? NOTHING_READ
  for (let seq = 3; seq < 3 + MOST_MARKS + 5; seq++)
    marks = readThread(marks, `t${seq}`, at(seq), [left, mention(`t${seq}`, seq)]) ?? marks
  expect(marks.marks.size).toBe(MOST_MARKS)
  expect(marks.threads).toEqual(at(7))
})

test('whatever is read in whatever order, exactly what was read is read', () => {
  const step = fc.tuple(fc.constantFrom('', 'a', 'b', 'c'), fc.nat(20))
  const mentioned = fc.uniqueArray(fc.nat(19), { maxLength: 8 })
  const property = fc.property(mentioned, fc.array(step), (seqs, steps) => {
    const all = seqs.toSorted((a, b) => a - b).map((seq) => mention('abc'[seq % 3] ?? 'a', seq + 1))
    const seen = new Set<ThreadUnread>()
    let marks: ReadMarks = NOTHING_READ
    for (const [thread, seq] of steps) {
      const unread = all.filter((one) => isAfter(one, threadMark(marks, one.threadId)))
      const after = thread === '' ? readMain(marks, at(seq), unread) : readThread(marks, thread, at(seq), unread)
      marks = after ?? marks
      for (const one of all) if (one.threadId === thread && one.seq <= seq) seen.add(one)
    }
    expect(all.filter((one) => !isAfter(one, threadMark(marks, one.threadId)))).toEqual(
      all.filter((one) => seen.has(one)),
    )
  })
  fc.assert(property)
})

test('only what the person marks as unread goes back, and what was seen stays seen', () => {
  const place = fc.nat(20).map((seq) => at(seq))
  const step = fc.record({ back: fc.boolean(), place, old: fc.boolean() })
  const property = fc.property(fc.array(step), (steps) => {
    let marks: ReadMarks = NOTHING_READ
    for (const { back, place: there, old } of steps) {
      const before = marks
      if (back) marks = moveBack(before, there)
      else if (!isLate(before, there, old ? before.backs - 1 : before.backs))
        marks = readMain(before, there, []) ?? before
      expect(isAfter(before.seen, marks.seen)).toBe(false)
      expect(isAfter(marks, marks.seen)).toBe(false)
      if (back)
        expect([marks.backs, marks.markedUnread, isAfter(marks, before)]).toEqual([before.backs + 1, true, false])
      else expect([isAfter(before, marks), marks.backs]).toEqual([false, before.backs])
      if (!back && old) expect(marks).toBe(before)
    }
  })
  fc.assert(property)
})

test('what is beyond the unread messages that were told stays unread', () => {
  const told = Array.from({ length: MOST_TOLD }, (_, i) => mention('a', i + 1))
  const marks = readMain(NOTHING_READ, at(5_000), told) ?? NOTHING_READ
  const after = readThread(marks, 'a', at(MOST_TOLD), told)
  // There may be more of other threads behind the last one, before the end of the main line.
  expect(after?.threads).toEqual(at(MOST_TOLD - 1, 0xffff))
})
