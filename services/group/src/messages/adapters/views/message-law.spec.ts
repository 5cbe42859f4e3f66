import type { EventBody, SqliteView, StoredCommit } from '@beseda/event-log'
import { checkViewLaw } from '@beseda/event-log/testing'
import { parseHistorySubject } from '@beseda/proto'
import {
  GroupCreatedSchema,
  GroupKind,
  MessageDeletedSchema,
  MessageEditedSchema,
  MessagePostedSchema,
  PinChangedSchema,
  PollEndedSchema,
  PollVotedSchema,
  ReactionChangedSchema,
} from '@beseda/proto/group/v1/events'
import { create } from '@bufbuild/protobuf'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { laneEntry } from '../../../../../testing/log-entries.js'
import { historyView } from '../../../view/history-view.js'
import { SqliteMessageStore } from './message-store.js'
import { SqlitePollStore } from './poll-store.js'

const GROUP = 'g'
const IDS = ['m1', 'm2', 'm3']
const PEOPLE = ['ann', 'bob']
const NO_VOTES = { ann: [], bob: [] }

/** What commands decide on, of one message that was posted. */
interface Message {
  readonly authorId: string
  readonly threadId: string
  readonly alsoInThread: string
  readonly text: string
  readonly deleted: boolean
  readonly editedSeq: number
  readonly reactions: readonly { readonly emoji: string; readonly userId: string }[]
  readonly pinned: boolean
  readonly votes: Readonly<Record<string, readonly number[]>>
  readonly ended: boolean
}
type Messages = Readonly<Record<string, Message>>
interface At {
  readonly seq: number
  readonly actorId: string
  readonly body: EventBody
}

/** The rules of a conversation in its order, said once more and plainly: the view's are made for any order. */
function evolve(messages: Messages, { seq, actorId, body }: At): Messages {
  if (body.case === 'messagePosted') {
    const { messageId, authorId, threadId, alsoInThread, text } = body.value
    const posted = {
      authorId,
      threadId,
      alsoInThread,
      text,
      deleted: false,
      editedSeq: 0,
      reactions: [],
      pinned: false,
      votes: NO_VOTES,
      ended: false,
    }
    return messages[messageId] ? messages : { ...messages, [messageId]: posted }
  }
  const id = (body.value as { messageId?: string }).messageId ?? ''
  const message = messages[id]
  if (!message || message.deleted) return messages
  return { ...messages, [id]: changed(message, seq, actorId, body) }
}

function changed(message: Message, seq: number, actorId: string, body: EventBody): Message {
  switch (body.case) {
    case 'messageEdited':
      return { ...message, text: body.value.text, editedSeq: seq }
    case 'messageDeleted':
      return { ...message, text: '', deleted: true, reactions: [], pinned: false, votes: NO_VOTES, ended: false }
    case 'pinChanged':
      return { ...message, pinned: body.value.pinned }
    case 'reactionChanged': {
      const { emoji, present } = body.value
      const others = message.reactions.filter((one) => one.emoji !== emoji || one.userId !== actorId)
      return { ...message, reactions: present ? [...others, { emoji, userId: actorId }] : others }
    }
    case 'pollVoted': {
      const { options, secretVoterId, secretOptions } = body.value
      const [voter, chosen] = secretVoterId === '' ? [actorId, options] : [secretVoterId, secretOptions]
      return { ...message, votes: { ...message.votes, [voter]: chosen } }
    }
    case 'pollEnded':
      return { ...message, ended: true }
    default:
      return message
  }
}

function load(view: SqliteView): Messages {
  const store = new SqliteMessageStore({ view })
  const polls = new SqlitePollStore({ view })
  const found = IDS.flatMap((id): [string, Message][] => {
    const place = store.place(GROUP, id)
    if (!place) return []
    const { authorId, threadId, alsoInThread, deleted, editedSeq } = place
    const text = store.content(GROUP, id)?.text ?? ''
    const votes = Object.fromEntries(PEOPLE.map((userId) => [userId, polls.vote(GROUP, id, userId)]))
    const { endedAt, ...counted } = polls.state(GROUP, id, 3)
    expect(counted).toEqual(countOf(Object.values(votes)))
    const rest = {
      ...{ reactions: store.reactions(GROUP, id), pinned: store.isPinned(GROUP, id), votes },
      ended: endedAt > 0,
    }
    return [[id, { authorId, threadId, alsoInThread, text, deleted, editedSeq, ...rest }]]
  })
  return Object.fromEntries(found)
}

const countOf = (votes: readonly (readonly number[])[]) => ({
  tally: [0, 1, 2].map((option) => votes.filter((options) => options.includes(option)).length),
  voters: votes.filter((options) => options.length > 0).length,
})

const person = fc.constantFrom(...PEOPLE)
const messageId = fc.constantFrom(...IDS)
const text = fc.constantFrom('one', 'two', 'three')
const posted = fc
  .record({
    ...{ messageId, authorId: person, text },
    ...{ threadId: fc.constantFrom('', 'm1'), alsoInThread: fc.constantFrom('', 'm1') },
  })
  .map((fields): EventBody => ({ case: 'messagePosted', value: create(MessagePostedSchema, fields) }))
const about: fc.Arbitrary<EventBody> = fc.oneof(
  fc
    .record({ messageId, text })
    .map((fields): EventBody => ({ case: 'messageEdited', value: create(MessageEditedSchema, fields) })),
  fc
    .record({ messageId })
    .map((fields): EventBody => ({ case: 'messageDeleted', value: create(MessageDeletedSchema, fields) })),
  fc
    .record({ messageId, pinned: fc.boolean() })
    .map((fields): EventBody => ({ case: 'pinChanged', value: create(PinChangedSchema, fields) })),
  fc
    .record({ messageId, secret: fc.boolean(), voter: person, chosen: fc.subarray([0, 1, 2]) })
    .map(({ messageId: id, secret, voter, chosen }): EventBody => {
      const vote = secret ? { secretVoterId: voter, secretOptions: chosen } : { options: chosen }
      return { case: 'pollVoted', value: create(PollVotedSchema, { messageId: id, ...vote }) }
    }),
  fc.record({ messageId }).map((fields): EventBody => ({ case: 'pollEnded', value: create(PollEndedSchema, fields) })),
  fc
    .record({ messageId, emoji: fc.constantFrom('👍', '🎉'), present: fc.boolean() })
    .map((fields): EventBody => ({ case: 'reactionChanged', value: create(ReactionChangedSchema, fields) })),
)
const founding: EventBody = {
  case: 'groupCreated',
  value: create(GroupCreatedSchema, { kind: GroupKind.GROUP, name: 'x', ownerId: 'ann', memberIds: ['ann', 'bob'] }),
}

test('messages load from the view as a conversation says, event by event', () => {
  // What is said about a message comes after it; what came before is for the spec of the eraser.
  const start = IDS.map((id): EventBody => {
    return {
      case: 'messagePosted',
      value: create(MessagePostedSchema, { messageId: id, authorId: 'ann', text: 'first' }),
    }
  })
  const commits = fc.array(
    fc.tuple(person, fc.array(fc.oneof(posted, { weight: 4, arbitrary: about }), { minLength: 1, maxLength: 1 })),
    { maxLength: 25 },
  )
  const histories = commits.map((list) => [
    laneEntry(GROUP, 'group', [founding]),
    laneEntry('other', 'group', [founding]),
    laneEntry('other', 'messages', start.slice(0, 1), { at: 2 }),
    ...start.map((body, i) => laneEntry(GROUP, 'messages', [body], { at: i + 3 })),
    ...list.map(([actorId, bodies], i) => laneEntry(GROUP, 'messages', bodies, { actorId, at: i + 9 })),
  ])
  const eventsOf = ({ subject, seq, commit }: StoredCommit): readonly At[] =>
    parseHistorySubject(subject)?.groupId === GROUP && parseHistorySubject(subject)?.lane === 'messages'
      ? commit.events.map(({ actorId, body }) => ({ seq, actorId, body }))
      : []
  const decider = { initialState: {} as Messages, evolve }
  checkViewLaw({ view: historyView, decider, histories, eventsOf, load }, { numRuns: 200 })
})
