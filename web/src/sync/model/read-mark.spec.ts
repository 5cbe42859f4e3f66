import { expect, test } from 'vitest'
import { NOTHING_READ, type ReadMark } from './model.js'
import { mentioned, mentionsIn, readTo, withLocalThreads, withMainRead, withThreadRead } from './read-mark.js'

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

test('what was read here stays read until the server has heard of it', () => {
  const server = mentioned(mentioned(read, 't', 'a', 1), 'u', 'b', 1)
  const local = withThreadRead(server, 't', at(9))
  expect(withLocalThreads(server, local)).toMatchObject({ mentions: 1 })
  expect(mentionsIn(withLocalThreads(server, local), 't')).toBe(0)
  // Another device has read further than this one.
  const further = withThreadRead(withThreadRead(server, 't', at(12)), 'u', at(12))
  expect(withLocalThreads(further, local)).toEqual(further)
})
