import { encodeCommit, SqliteView, type StoredCommit } from '@beseda/event-log'
import { MessageEditedSchema, MessagePostedSchema } from '@beseda/proto/group/v1/events'
import { CommitRedactedSchema, type Event, EventSchema, KeptEventSchema } from '@beseda/proto/log/v1/commit'
import { create } from '@bufbuild/protobuf'
import { expect, test } from 'vitest'
import { laneEntry } from '../../../../testing/log-entries.js'
import { contentsView } from './contents-view.js'
import { SqliteContents } from './sqlite-contents.js'

type Body = Event['body']
const posted = (messageId: string, text = 'text'): Body => ({
  case: 'messagePosted',
  value: create(MessagePostedSchema, { messageId, text }),
})
const edited = (messageId: string): Body => ({
  case: 'messageEdited',
  value: create(MessageEditedSchema, { messageId, text: 'other' }),
})
/** The events that stay of the commit at `seq`, by their index in it. */
const redacted = (seq: number, kept: readonly (readonly [seq: number, index: number, body: Body])[]): Body => ({
  case: 'commitRedacted',
  value: create(CommitRedactedSchema, {
    seq: BigInt(seq),
    kept: kept.map(([first, index, body]) =>
      create(KeptEventSchema, { seq: BigInt(first), index, event: create(EventSchema, { body }) }),
    ),
  }),
})

/** A view that has folded one commit for each list of bodies; their sequences begin at 1. */
function folded(...commits: readonly (readonly Body[])[]) {
  const view = SqliteView.open(':memory:', contentsView)
  const stored = commits.map((bodies, i): StoredCommit => {
    const { stream, subject, commit } = laneEntry('g', 'messages', bodies as never)
    return { stream, subject, commit, seq: i + 1, bytes: encodeCommit(commit) }
  })
  view.applyBatch('HISTORY_0', 'epoch', stored)
  const contents = new SqliteContents({ view, waitFor: async () => undefined } as never)
  return {
    messages: () => [...contents.messagesOf('g')],
    erasedBy: (seq: number) => contents.erasedBy({ stream: 'HISTORY_0', seq, index: 0 }),
    moved: (first: number, last: number) => contents.movedFrom('HISTORY_0', first, last),
  }
}

test('remembers each message whose content was in the log, once', () => {
  expect(folded([posted('a'), posted('b')], [edited('a')]).messages()).toEqual(['a', 'b'])
})

test('a redaction tells what went with its commit, and where the rest is now', () => {
  const view = folded(
    [posted('a'), posted('b')],
    [
      redacted(1, [
        [1, 0, posted('a', '')],
        [1, 1, posted('b')],
      ]),
    ],
  )
  expect([view.erasedBy(2), view.messages()]).toEqual([['a'], ['b']])
  expect(view.moved(1, 1)).toEqual([
    { seq: 1, index: 0, storedSeq: 2 },
    { seq: 1, index: 1, storedSeq: 2 },
  ])
})

test('a redaction that is erased in its turn hands over what it held', () => {
  const view = folded(
    [posted('a'), posted('b')],
    [redacted(1, [[1, 1, posted('b')]])],
    [redacted(2, [[1, 1, posted('b', '')]])],
  )
  expect([view.erasedBy(3), view.messages(), view.moved(1, 2)]).toEqual([
    ['b'],
    [],
    [{ seq: 1, index: 1, storedSeq: 3 }],
  ])
})
