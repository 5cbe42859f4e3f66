import { Role } from '@beseda/proto/common/v1/roles'
import { ForwardedSchema, MentionsSchema } from '@beseda/proto/group/v1/events'
import { create, type MessageInitShape } from '@bufbuild/protobuf'
import { expect, test } from 'vitest'
import { type ChatMessage, NOTHING_READ } from '../../sync/model/model.js'
import { type InboxItem, isReply, isUnreadItem, itemsOf } from './inbox-items.js'

const ME = 'me'
const at = (seq: number) => ({ seq, index: 0 })
const read = {
  ...NOTHING_READ,
  ...at(5),
  threadsTo: at(2),
  threads: [{ id: 't', ...at(7), mentions: 0, firstMention: '' }],
}
const conversations = new Map([
  ['g', { read, role: Role.MEMBER }],
  ['mine', { read, role: Role.ADMIN }],
])
function item(
  id: string,
  seq: number,
  mentions: MessageInitShape<typeof MentionsSchema>,
  more: Partial<ChatMessage> & { groupId?: string } = {},
): InboxItem {
  const { groupId = 'g', ...rest } = more
  const message = { id, ...at(seq), sentAt: seq, authorId: 'ann', threadId: '', deleted: false, ...rest }
  return { groupId, message: { ...message, mentions: create(MentionsSchema, mentions) } as ChatMessage }
}
const shown = (found: InboxItem[], arrived: InboxItem[] = [], blocked = new Set<string>()) =>
  itemsOf(found, arrived, conversations, ME, blocked).map(({ message: { id } }) => id)

test('mentions by name, of all, of the admins for admins, and replies; the newest first, each once', () => {
  const named = item('named', 1, { userIds: [ME] })
  const all = item('all', 2, { all: true })
  const admins = item('admins', 3, { admins: true }, { groupId: 'mine' })
  const reply = item('reply', 4, { repliedUserId: ME })
  expect(shown([named, all, admins], [reply, named])).toEqual(['reply', 'admins', 'all', 'named'])
  expect([isReply(reply, ME), isReply(named, ME)]).toEqual([true, false])
})

test('what does not concern the person is not shown', () => {
  const others = [
    item('other', 1, { userIds: ['bob'] }),
    item('no admin', 2, { admins: true }),
    item('left', 3, { userIds: [ME] }, { groupId: 'gone' }),
    item('own', 4, { all: true }, { authorId: ME }),
    item('deleted', 5, { userIds: [ME] }, { deleted: true }),
    item('blocked', 6, { userIds: [ME] }, { authorId: 'eve' }),
    item('forwarded', 7, { repliedUserId: ME }, { forwarded: create(ForwardedSchema, { authorId: 'eve' }) }),
  ]
  expect(shown(others, [], new Set(['eve']))).toEqual([])
})

test('it is unread as the badges count: beyond the mark of the main line, or of its thread', () => {
  const unread = (seq: number, threadId = '') =>
    isUnreadItem(item('m', seq, { userIds: [ME] }, { threadId }), conversations)
  expect([unread(5), unread(6), unread(7, 't'), unread(8, 't'), unread(2, 'u'), unread(3, 'u')]).toEqual([
    false,
    true,
    false,
    true,
    false,
    true,
  ])
})
