import { Role } from '@beseda/proto/common/v1/roles'
import { MentionsSchema } from '@beseda/proto/group/v1/events'
import { create, type MessageInitShape } from '@bufbuild/protobuf'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { mentionsMember, mentionTargets, targetsOf } from './mentioned.js'

const ann = { userId: 'ann', role: Role.MEMBER }
const message = (mentions?: MessageInitShape<typeof MentionsSchema>, authorId = 'bob') => ({
  authorId,
  mentions: mentions && create(MentionsSchema, mentions),
})

test.each([
  ['no mentions', undefined, false],
  ['her name', { userIds: ['eve', 'ann'] }, true],
  ['the name of somebody else', { userIds: ['eve'] }, false],
  ['all', { all: true }, true],
  ['a reply to her', { repliedUserId: 'ann' }, true],
  ['a reply to somebody else', { repliedUserId: 'eve' }, false],
])('whether a message with %s mentions Ann', (_, mentions, expected) => {
  expect(mentionsMember(message(mentions), ann)).toBe(expected)
})

test.each([
  ['a member', Role.MEMBER, false],
  ['an admin', Role.ADMIN, true],
  ['the owner', Role.OWNER, true],
])('whether @admins mentions %s', (_, role, expected) => {
  expect(mentionsMember(message({ admins: true }), { userId: 'ann', role })).toBe(expected)
})

test.each([{ userIds: ['ann'] }, { all: true }, { admins: true }, { repliedUserId: 'ann' }])(
  'nobody is mentioned by a message of their own: %o',
  (mentions) => {
    expect(mentionsMember(message(mentions, 'ann'), { userId: 'ann', role: Role.OWNER })).toBe(false)
  },
)

test('every target is listed once, and user ids cannot be confused with all or admins', () => {
  const targets = mentionTargets(message({ userIds: ['ann', 'eve'], all: true, admins: true, repliedUserId: 'ann' }))
  expect(targets).toHaveLength(4)
  expect(targets.filter((target) => target !== 'ann' && target !== 'eve')).toEqual(
    targetsOf({ userId: 'ann', role: Role.ADMIN }).filter((target) => target !== 'ann'),
  )
})

test('a member is mentioned exactly when one of the message’s targets includes the member', () => {
  const id = fc.constantFrom('ann', 'bob', 'eve')
  const mentions = fc.record({ userIds: fc.array(id), all: fc.boolean(), admins: fc.boolean(), repliedUserId: id })
  const role = fc.constantFrom(Role.MEMBER, Role.ADMIN, Role.OWNER)
  fc.assert(
    fc.property(mentions, id, id, role, (said, authorId, userId, of) => {
      const targets = new Set(mentionTargets(message(said, authorId)))
      const included = targetsOf({ userId, role: of }).some((target) => targets.has(target))
      expect(mentionsMember(message(said, authorId), { userId, role: of })).toBe(included && userId !== authorId)
    }),
  )
})
