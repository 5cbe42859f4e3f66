import { Role } from '@beseda/proto/common/v1/roles'
import { GroupKind } from '@beseda/proto/group/v1/events'
import { CommitSchema, Lane } from '@beseda/proto/log/v1/commit'
import { NotificationLevel } from '@beseda/proto/notify/v1/events'
import { DEFAULT_PREFERENCE } from '@beseda/rules'
import { create } from '@bufbuild/protobuf'
import { expect, test } from 'vitest'
import { type Reader, toBeTold } from './tell.js'

const group = { id: 'g', kind: GroupKind.GROUP, role: Role.MEMBER, archived: false }
const reader: Reader = {
  userId: 'me',
  blocked: new Set(),
  preference: DEFAULT_PREFERENCE,
  quietHours: undefined,
  doNotDisturb: false,
  lookingAt: '',
  thread: '',
  follows: () => false,
}
const commit = (
  ...posts: {
    authorId: string
    text?: string
    threadId?: string
    mentions?: { admins?: boolean; userIds?: string[]; repliedUserId?: string }
  }[]
) => create(CommitSchema, { events: posts.map((value) => ({ body: { case: 'messagePosted' as const, value } })) })
const shown = (said: ReturnType<typeof commit>, change: Partial<Reader> = {}, where = group) =>
  toBeTold(Lane.MESSAGES, said, where, { ...reader, ...change }, 1)?.text

test('of several messages in one commit, the newest by somebody else notifies', () => {
  const said = commit({ authorId: 'a', text: '1' }, { authorId: 'a', text: '2' }, { authorId: 'me', text: '3' })
  expect(shown(said)).toBe('2')
})

test('no notification of own messages, of blocked people, of the open conversation, of an archived group, or of other lanes', () => {
  const said = commit({ authorId: 'a', text: 'hi' })
  expect(shown(commit({ authorId: 'me', text: 'hi' }))).toBeUndefined()
  expect(shown(said, { blocked: new Set(['a']) })).toBeUndefined()
  expect(shown(said, { lookingAt: 'g' })).toBeUndefined()
  expect(shown(said, {}, { ...group, archived: true })).toBeUndefined()
  expect(toBeTold(Lane.ROSTER, said, group, reader, 1)).toBeUndefined()
})

test('who looks at a conversation does not see its threads, but for the open one', () => {
  const said = commit({ authorId: 'a', text: 'hi', threadId: 't', mentions: { userIds: ['me'] } })
  expect(shown(said, { lookingAt: 'g' })).toBe('hi')
  expect(shown(said, { lookingAt: 'g', thread: 'other' })).toBe('hi')
  expect(shown(said, { lookingAt: 'g', thread: 't' })).toBeUndefined()
})

test('an answer in a thread is told to whom it mentions, and to who follows the thread as a message would be', () => {
  const said = commit({ authorId: 'a', text: 'hi', threadId: 't' })
  const follows = (threadId: string) => threadId === 't'
  expect([shown(said), shown(said, { follows })]).toEqual([undefined, 'hi'])
  const preference = { level: NotificationLevel.MENTIONS, mutedUntil: 0 }
  expect(shown(said, { follows, preference })).toBeUndefined()
})

test('the preferences of the person are followed', () => {
  const preference = { level: NotificationLevel.MENTIONS, mutedUntil: 0 }
  expect(shown(commit({ authorId: 'a', text: 'hi' }), { preference })).toBeUndefined()
  expect(shown(commit({ authorId: 'a', text: 'hi', mentions: { userIds: ['me'] } }), { preference })).toBe('hi')
  expect(shown(commit({ authorId: 'a', text: 'hi', mentions: { repliedUserId: 'me' } }), { preference })).toBe('hi')
  expect(shown(commit({ authorId: 'a', text: 'hi', mentions: { repliedUserId: 'b' } }), { preference })).toBeUndefined()
  const forAdmins = commit({ authorId: 'a', text: 'hi', mentions: { admins: true } })
  expect(shown(forAdmins, { preference })).toBeUndefined()
  expect(shown(forAdmins, { preference }, { ...group, role: Role.ADMIN })).toBe('hi')
})
