import { NO_HEADS } from '@beseda/client-protocol'
import type { LaneName } from '@beseda/proto'
import { Role } from '@beseda/proto/common/v1/roles'
import {
  GroupKind,
  GroupSettingsSchema,
  GroupUpdatedSchema,
  MentionsSchema,
  MessageDeletedSchema,
  MessageEditedSchema,
  MessagePostedSchema,
  PinChangedSchema,
  PollSchema,
  ReactionChangedSchema,
} from '@beseda/proto/group/v1/events'
import { CommitSchema, type Event, EventSchema } from '@beseda/proto/log/v1/commit'
import {
  MemberJoinedSchema,
  MemberRemovedSchema,
  MembersAddedSchema,
  RoleChangedSchema,
} from '@beseda/proto/membership/v1/events'
import { create, type MessageInitShape } from '@bufbuild/protobuf'
import { timestampFromMs } from '@bufbuild/protobuf/wkt'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { applyCommit, broughtUpToDate, cutRun, type LaneCommit, mergeMessages } from './fold.js'
import { type ChatMessage, type Conversation, NOBODY, NOTHING_FETCHED, NOTHING_READ } from './model.js'

const empty: Conversation = {
  id: 'g',
  epoch: 'e',
  seqs: NO_HEADS,
  asOf: NOTHING_FETCHED,
  kind: GroupKind.GROUP,
  name: 'Chess',
  topic: '',
  avatarFileId: '',
  settings: create(GroupSettingsSchema),
  archived: false,
  peerId: '',
  role: Role.OWNER,
  memberCount: 1,
  members: new Map([['me', Role.OWNER]]),
  mutes: new Map(),
  joinRequests: 0,
  messages: [],
  hasOlder: false,
  hasNewer: false,
  thread: undefined,
  lastActivityAt: 0,
  lastMessageSeq: 0,
  lastMessage: undefined,
  read: NOTHING_READ,
  hidden: 0,
  silent: NOBODY,
  hiddenAhead: [],
  countersStale: false,
}
const commit = (lane: LaneName, seq: number, ...bodies: Event['body'][]): LaneCommit => ({
  lane,
  seq,
  prevSeq: 0,
  commit: create(CommitSchema, {
    time: timestampFromMs(seq * 1000),
    events: bodies.map((body) => create(EventSchema, { body })),
  }),
})
const said = (messageId: string, authorId = 'ann'): Event['body'] => ({
  case: 'messagePosted',
  value: create(MessagePostedSchema, { messageId, authorId, text: messageId }),
})
const apply = (...commits: LaneCommit[]) => commits.reduce((state, change) => applyCommit(state, change, 'me'), empty)

describe('a commit', () => {
  test('brings a poll with its question; as the deleted head of a thread it has neither', () => {
    const poll = create(PollSchema, { options: ['yes', 'no'] })
    const head = create(MessagePostedSchema, { messageId: 'p', authorId: 'ann', text: 'Tea?', poll })
    const answer = create(MessagePostedSchema, { messageId: 'a', authorId: 'ann', text: 'of course', threadId: 'p' })
    const asked = commit(
      'messages',
      5,
      { case: 'messagePosted', value: head },
      { case: 'messagePosted', value: answer },
    )
    expect(apply(asked).messages).toMatchObject([{ text: 'Tea?', poll: { options: ['yes', 'no'] } }])
    const gone = commit('messages', 6, {
      case: 'messageDeleted',
      value: create(MessageDeletedSchema, { messageId: 'p' }),
    })
    expect(apply(asked, gone).messages).toMatchObject([{ text: '', deleted: true, poll: undefined }])
  })

  test('of messages adds them in order and counts those of others', () => {
    const state = apply(commit('messages', 5, said('a'), said('b')), commit('messages', 6, said('c')))
    expect(state.messages?.map(({ id, seq, index }) => [id, seq, index])).toEqual([
      ['a', 5, 0],
      ['b', 5, 1],
      ['c', 6, 0],
    ])
    expect(state).toMatchObject({ read: { unread: 3 }, lastMessageSeq: 6, lastActivityAt: 6000 })
    expect(applyCommit(state, commit('messages', 7, said('d', 'me')), 'me').read.unread).toBe(3)
  })

  test('that mentions me, by name or by a reply to me, is counted as a mention, too', () => {
    const mentioning = (messageId: string, mentions: MessageInitShape<typeof MentionsSchema>): Event['body'] => ({
      case: 'messagePosted',
      value: create(MessagePostedSchema, { messageId, authorId: 'ann', text: '', mentions }),
    })
    const reply = mentioning('a', { repliedUserId: 'me' })
    const counters = (...bodies: Event['body'][]) => apply(commit('messages', 5, ...bodies)).read
    expect(counters(reply)).toMatchObject({ unread: 1, mentions: 1 })
    expect(counters(mentioning('a', { userIds: ['me'] }))).toMatchObject({ unread: 1, mentions: 1 })
    const silent = { ...empty, silent: new Set(['ann']) }
    const calling = commit('messages', 5, mentioning('a', { userIds: ['me'] }))
    expect(applyCommit(silent, calling, 'me').read).toMatchObject({ unread: 0, mentions: 0 })
    expect(counters(mentioning('a', { repliedUserId: 'bob' }))).toMatchObject({ unread: 1, mentions: 0 })
  })

  test('with a known message changes only the cursor', () => {
    const state = apply(commit('messages', 5, said('a')), commit('messages', 6, said('a')))
    expect(state.messages).toHaveLength(1)
    expect(state.seqs.messages).toBe(6)
  })

  test('with a message that a page has brought already is counted, once', () => {
    const state = apply(commit('messages', 5, said('a')))
    const ahead = { ...empty, messages: state.messages }
    const counted = applyCommit(ahead, commit('messages', 5, said('a')), 'me')
    expect(counted).toMatchObject({ read: { unread: 1 } })
    expect(counted.messages).toHaveLength(1)
  })

  test('of the roster adds, changes and removes members', () => {
    const added = { case: 'membersAdded' as const, value: create(MembersAddedSchema, { userIds: ['ann', 'bob'] }) }
    const promoted = {
      case: 'roleChanged' as const,
      value: create(RoleChangedSchema, { userId: 'ann', role: Role.ADMIN }),
    }
    const removed = { case: 'memberRemoved' as const, value: create(MemberRemovedSchema, { userId: 'bob' }) }
    const state = apply(commit('roster', 2, added), commit('roster', 3, promoted), commit('roster', 4, removed))
    expect(Object.fromEntries(state.members ?? [])).toEqual({ me: Role.OWNER, ann: Role.ADMIN })
    expect(state.memberCount).toBe(2)
  })

  test('tells of the mute of somebody who comes back, which a page fetched meanwhile did not', () => {
    const until = timestampFromMs(9_000)
    const value = create(MembersAddedSchema, { userIds: ['ann', 'bob'], stillMuted: [{ userId: 'bob', until }] })
    const joined = create(MemberJoinedSchema, { userId: 'eve', mutedUntil: until })
    const state = apply(
      commit('roster', 2, { case: 'membersAdded', value }),
      commit('roster', 3, { case: 'memberJoined', value: joined }),
    )
    expect(Object.fromEntries(state.mutes)).toEqual({ bob: 9_000, eve: 9_000 })
  })

  test('of the group renames it', () => {
    const renamed = { case: 'groupUpdated' as const, value: create(GroupUpdatedSchema, { name: 'Go' }) }
    expect(apply(commit('group', 9, renamed))).toMatchObject({ name: 'Go', topic: '', seqs: { group: 9 } })
  })
})

test('the law: a state fetched at any point and folded with later commits equals a fresh fetch', () => {
  const event = fc.oneof(
    fc.constantFrom('a', 'b', 'c', 'd', 'e').map((id) => ['messages', said(id)] as const),
    fc.constantFrom('ann', 'bob').map((userId) => {
      const value = create(MembersAddedSchema, { userIds: [userId] })
      return ['roster', { case: 'membersAdded', value }] as const
    }),
    fc.constantFrom('ann', 'bob').map((userId) => {
      const value = create(MemberRemovedSchema, { userId })
      return ['roster', { case: 'memberRemoved', value }] as const
    }),
  )
  fc.assert(
    fc.property(fc.array(event), fc.nat(), (events, at) => {
      const commits = events.map(([lane, body], i) => commit(lane, i + 1, body))
      const cut = commits.length === 0 ? 0 : at % commits.length
      const whole = apply(...commits)
      const fetched = apply(...commits.slice(0, cut))
      const resumed = commits.slice(cut).reduce((state, change) => applyCommit(state, change, 'me'), fetched)
      expect(resumed).toEqual(whole)
      // What the page had beyond the cursor is folded a second time.
      const overlapping = { ...resumed, messages: mergeMessages(resumed.messages ?? [], whole.messages ?? []) }
      expect(overlapping.messages).toEqual(whole.messages)
    }),
  )
})

describe('a page from another moment than the folded state', () => {
  const ids = ['a', 'b', 'c', 'd', 'e', 'f']
  const id = fc.constantFrom(...ids)
  const done = fc.oneof(
    { weight: 4, arbitrary: id.map((messageId) => said(messageId)) },
    {
      weight: 4,
      arbitrary: fc.tuple(id, fc.constantFrom('a', 'b')).map(([messageId, threadId]): Event['body'] => {
        const inThread = messageId === threadId ? '' : threadId
        const value = create(MessagePostedSchema, { messageId, authorId: 'ann', text: messageId, threadId: inThread })
        return { case: 'messagePosted', value }
      }),
    },
    fc.tuple(id, fc.string()).map(([messageId, text]): Event['body'] => {
      return { case: 'messageEdited', value: create(MessageEditedSchema, { messageId, text }) }
    }),
    fc.tuple(id, fc.boolean()).map(([messageId, present]): Event['body'] => {
      return { case: 'reactionChanged', value: create(ReactionChangedSchema, { messageId, emoji: '👍', present }) }
    }),
    fc.tuple(id, fc.boolean()).map(([messageId, pinned]): Event['body'] => {
      return { case: 'pinChanged', value: create(PinChangedSchema, { messageId, pinned }) }
    }),
    {
      weight: 2,
      arbitrary: id.map((messageId): Event['body'] => ({ case: 'messageDeleted', value: deletion(messageId) })),
    },
  )
  const deletion = (messageId: string) => create(MessageDeletedSchema, { messageId })
  /** One commit per event; a deletion names the thread of the message, and nothing is posted twice or after its deletion. */
  function history(bodies: readonly Event['body'][]): LaneCommit[] {
    const threads = new Map<string, string>()
    const gone = new Set<string>()
    const sensible = bodies.flatMap((body): Event['body'][] => {
      if (body.case === 'messagePosted') {
        const { messageId, threadId } = body.value
        if (threads.has(messageId) || (threadId !== '' && (threads.get(threadId) !== '' || gone.has(threadId))))
          return []
        threads.set(messageId, threadId)
        return [body]
      }
      const messageId = (body.value as { messageId?: string }).messageId ?? ''
      if (!threads.has(messageId) || gone.has(messageId)) return []
      if (body.case !== 'messageDeleted') return [body]
      gone.add(messageId)
      const value = create(MessageDeletedSchema, { messageId, threadId: threads.get(messageId) ?? '' })
      return [{ case: 'messageDeleted', value }]
    })
    return sensible.map((body, i) => commit('messages', i + 1, body))
  }
  /** The message as the server's page has it. */
  const pageOf = (commits: readonly LaneCommit[]) =>
    apply(...commits).messages?.map((message) => ({ ...message, asOf: commits.length })) ?? []
  const seen = (messages: readonly ChatMessage[] | undefined) => messages?.map(({ asOf: _, ...message }) => message)

  test('ahead of it: later commits change only what the page did not have', () => {
    fc.assert(
      fc.property(fc.array(done, { maxLength: 30 }), fc.nat(), fc.nat(), (bodies, a, b) => {
        const commits = history(bodies)
        const [known, ahead] = [a % (commits.length + 1), b % (commits.length + 1)].toSorted((x, y) => x - y)
        const fetched = { ...apply(...commits.slice(0, known)), messages: pageOf(commits.slice(0, ahead)) }
        const after = commits
          .slice(known)
          .reduce<Conversation>((state, change) => applyCommit(state, change, 'me'), fetched)
        expect(seen(after.messages)).toEqual(seen(apply(...commits).messages))
      }),
    )
  })

  test('behind it: commits received during the fetch are applied to it', () => {
    fc.assert(
      fc.property(fc.array(done, { maxLength: 30 }), fc.nat(), fc.nat(), (bodies, a, b) => {
        const commits = history(bodies)
        const [asked, made] = [a % (commits.length + 1), b % (commits.length + 1)].toSorted((x, y) => x - y)
        const now = apply(...commits)
        // As in production: the rest of the conversation, including its newest message, is not part of the page.
        const page = { ...now, messages: pageOf(commits.slice(0, made)), thread: undefined, hasNewer: false }
        const { messages } = broughtUpToDate(now, page, commits.slice(asked), 'me')
        expect(seen(messages)).toEqual(seen(now.messages))
      }),
    )
  })
})

test('pages merge in order, each message once', () => {
  const message = (id: string, seq: number, index = 0) => ({ id, seq, index }) as ChatMessage
  const merged = mergeMessages(
    [message('c', 3), message('d', 4)],
    [message('a', 1), message('b', 1, 1), message('c', 3)],
  )
  expect(merged.map(({ id }) => id)).toEqual(['a', 'b', 'c', 'd'])
})

test('a run that has grown too long is cut at the other end, and marked', () => {
  const run = Array.from({ length: 5 }, (_, seq) => ({ id: String(seq), seq }) as ChatMessage)
  const ids = ({ messages }: { readonly messages: readonly ChatMessage[] }) => messages.map(({ id }) => id).join('')
  expect(cutRun(run, 'older', 5)).toEqual({ messages: run })
  const [older, newer] = [cutRun(run, 'older', 3), cutRun(run, 'newer', 3)]
  expect([ids(older), older.hasNewer, older.hasOlder]).toEqual(['012', true, undefined])
  expect([ids(newer), newer.hasNewer, newer.hasOlder]).toEqual(['234', undefined, true])
})
