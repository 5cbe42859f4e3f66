import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { Permission } from '@beseda/proto/common/v1/permissions'
import { Role } from '@beseda/proto/common/v1/roles'
import { AttachmentSchema, ForwardedSchema, GroupKind } from '@beseda/proto/group/v1/events'
import { create } from '@bufbuild/protobuf'
import { describe, expect, test } from 'vitest'
import { composeText, isSameContent, permitPost, permittedMentions, requireEmoji } from './message.js'

const refused = (reason: ErrorReason) => expect.objectContaining({ reason })
const group = { kind: GroupKind.GROUP, archived: false, slowModeS: 0 }
const member = { role: Role.MEMBER, mutedUntil: 0, lastPostAt: 0 }

describe('posting', () => {
  test.each([
    ['in an archived group', { ...group, archived: true }, member, ErrorReason.ARCHIVED],
    [
      'where only admins write',
      { ...group, overrides: [{ permission: Permission.POST, leastRole: Role.ADMIN }] },
      member,
      ErrorReason.NOT_PERMITTED,
    ],
    ['while muted', group, { ...member, mutedUntil: 1_001 }, ErrorReason.MUTED],
    ['too soon', { ...group, slowModeS: 10 }, { ...member, lastPostAt: 500 }, ErrorReason.SLOW_MODE],
  ])('%s is refused', (_, scope, author, reason) => {
    expect(() => permitPost(scope, author, 1_000)).toThrow(refused(reason))
  })

  test('is free again when mute and slow mode have passed; admins do not wait', () => {
    permitPost(group, { ...member, mutedUntil: 1_000 }, 1_000)
    permitPost({ ...group, slowModeS: 10 }, { ...member, lastPostAt: 500 }, 10_500)
    permitPost({ ...group, slowModeS: 10 }, { ...member, role: Role.ADMIN, lastPostAt: 999 }, 1_000)
  })

  test('says how long to wait', () => {
    const post = () => permitPost({ ...group, slowModeS: 10 }, { ...member, lastPostAt: 500 }, 1_000)
    expect(post).toThrow(expect.objectContaining({ retryAfterMs: 9_500 }))
  })
})

test('a text may be empty only beside something else; line ends are made one kind', () => {
  expect(() => composeText(' \n ', false)).toThrow(refused(ErrorReason.INVALID_REQUEST))
  expect(composeText('', true)).toBe('')
  expect(composeText('a\r\nb\rc', false)).toBe('a\nb\nc')
})

test('a text has 4,000 characters as people count them: a mention is one', () => {
  const mention = '<@017f22e2-79b0-7cc3-98c4-000000000001>'
  expect(composeText('x'.repeat(3999) + mention, false)).toHaveLength(3999 + mention.length)
  expect(() => composeText('x'.repeat(4000) + mention, false)).toThrow(refused(ErrorReason.INVALID_REQUEST))
})

test('a message is the same when everything that its author says is the same', () => {
  const file = (fileId: string) => create(AttachmentSchema, { fileId })
  const said = { text: 'hi', replyTo: 'r', threadId: 't', attachments: [file('a'), file('b')] }
  expect(isSameContent(said, { ...said })).toBe(true)
  expect(isSameContent({ text: 'hi' }, { text: 'hi', replyTo: '', threadId: '', authorName: '' })).toBe(true)
  expect(isSameContent(said, { ...said, text: 'ho' })).toBe(false)
  expect(isSameContent(said, { ...said, replyTo: '' })).toBe(false)
  expect(isSameContent(said, { ...said, threadId: '' })).toBe(false)
  expect(isSameContent(said, { ...said, authorName: 'CI' })).toBe(false)
  expect(isSameContent(said, { ...said, attachments: [file('a')] })).toBe(false)
  const forwarded = create(ForwardedSchema, { authorId: 'ann' })
  expect(isSameContent({ text: 'old', forwarded }, { text: 'new', forwarded })).toBe(true)
  expect(isSameContent({ text: 'old', forwarded }, { text: 'old' })).toBe(false)
})

test('all and admins are called by those who may, and members only', () => {
  const id = '017f22e2-79b0-7cc3-98c4-000000000001'
  const text = `<@all> <@admins> <@${id}> <@017f22e2-79b0-7cc3-98c4-000000000002>`
  const isMember = (userId: string) => userId === id
  expect(permittedMentions(text, '', group, Role.MEMBER, isMember)).toMatchObject({
    userIds: [id],
    all: true,
    admins: true,
  })
  const channel = { kind: GroupKind.CHANNEL }
  expect(permittedMentions(text, '', channel, Role.MEMBER, isMember)).toMatchObject({
    userIds: [id],
    all: false,
    admins: false,
  })
  expect(permittedMentions('nobody', '', group, Role.MEMBER, isMember)).toBeUndefined()
})

test('a reply mentions the author of the message that it replies to, whatever its text', () => {
  const isMember = () => true
  expect(permittedMentions('yes', 'ann', group, Role.MEMBER, isMember)).toMatchObject({
    userIds: [],
    repliedUserId: 'ann',
  })
})

test.each(['👍', '❤️', '👩‍👩‍👧‍👦', '🇫🇷', '1️⃣', '👋🏽'])('%s is an emoji', (emoji) =>
  expect(requireEmoji(emoji)).toBe(emoji),
)
test('every form of an emoji is the same reaction', () => {
  expect(requireEmoji('❤')).toBe('❤️')
  expect(requireEmoji('👍\ufe0f')).toBe('👍')
})
test.each(['a', '1', '👍👍', '<b>', ' ', '👍 '])('%j is none', (text) => {
  expect(() => requireEmoji(text)).toThrow(refused(ErrorReason.INVALID_REQUEST))
})
