import { newId } from '@beseda/kernel'
import { Role } from '@beseda/proto/common/v1/roles'
import { GroupKind, GroupUpdatedSchema, MessagePostedSchema } from '@beseda/proto/group/v1/events'
import { MemberMutedSchema, RoleChangedSchema } from '@beseda/proto/membership/v1/events'
import { COUNTED } from '@beseda/rules'
import { create } from '@bufbuild/protobuf'
import { timestampFromMs } from '@bufbuild/protobuf/wkt'
import { describe, expect, test } from 'vitest'
import { groupWorld } from '../../../../testing/group-world.js'
import { refusalOf } from '../../../../testing/refusal-of.js'

const NOW = 1_000_000
const signal = new AbortController().signal
const caller = (userId: string) => ({
  commandId: newId(),
  userId,
  now: new Date(NOW),
  traceparent: undefined,
  signal,
})

async function conversation(kind = GroupKind.GROUP) {
  const world = await groupWorld()
  const groupId = await world.found(kind === GroupKind.DIRECT ? ['ann', 'bob'] : ['ann', 'bob', 'eve'], kind)
  const say = async (authorId: string, text = 'hello') => {
    const draft = { text, replyTo: '', threadId: '', attachments: [], forward: undefined }
    const { place } = await world.posting.post({ ...draft, ...caller(authorId), messageId: newId(), groupId, authorId })
    return place.id
  }
  const archive = () => {
    const value = create(GroupUpdatedSchema, { archived: true })
    return world.write(groupId, 'group', { case: 'groupUpdated', value })
  }
  const eventCount = async () => (await world.commits(groupId, 'messages')).length
  return { ...world, groupId, say, archive, eventCount }
}

describe('editing', () => {
  test('is for the author, while they may post; the same text is no event', async () => {
    const { changes, messages, groupId, say, write, eventCount } = await conversation()
    const id = await say('bob')
    const edit = (by: string, text: string) => changes.edit(groupId, id, text, caller(by))
    expect(await refusalOf(edit('ann', 'mine'))).toBe('NOT_PERMITTED')
    expect(await refusalOf(edit('kim', 'mine'))).toBe('NOT_A_MEMBER')
    expect(await refusalOf(edit('bob', ' '))).toBe('INVALID_REQUEST')
    const seq = await edit('bob', 'better')
    expect(messages.place(groupId, id)).toMatchObject({ editedSeq: seq })
    expect(messages.content(groupId, id)).toMatchObject({ text: 'better' })
    const before = await eventCount()
    expect(await edit('bob', 'better')).toBeGreaterThanOrEqual(seq)
    expect(await eventCount()).toBe(before)
    const value = create(MemberMutedSchema, { userId: 'bob', until: timestampFromMs(NOW + 1) })
    await write(groupId, 'roster', { case: 'memberMuted', value })
    expect(await refusalOf(edit('bob', 'best'))).toBe('MUTED')
  })

  test('is not for a person under whose id a webhook of an earlier release has posted', async () => {
    const { changes, write, groupId } = await conversation()
    const value = create(MessagePostedSchema, {
      messageId: newId(),
      authorId: 'bob',
      text: 'I resign',
      authorName: 'CI',
    })
    await write(groupId, 'messages', { case: 'messagePosted', value }, 'bob')
    expect(await refusalOf(changes.edit(groupId, value.messageId, 'x', caller('bob')))).toBe('NOT_PERMITTED')
  })

  test('of a message that is not there, or in an archived group, is refused', async () => {
    const { changes, groupId, say, archive } = await conversation()
    const id = await say('ann')
    expect(await refusalOf(changes.edit(groupId, newId(), 'x', caller('ann')))).toBe('MESSAGE_NOT_FOUND')
    await archive()
    expect(await refusalOf(changes.edit(groupId, id, 'x', caller('ann')))).toBe('ARCHIVED')
  })

  test('tells nobody anything new who has blocked the author', async () => {
    const { changes, groupId, say, block } = await conversation(GroupKind.DIRECT)
    const id = await say('ann')
    await block('bob', 'ann')
    expect(await refusalOf(changes.edit(groupId, id, 'x', caller('ann')))).toBe('BLOCKED')
    expect(await refusalOf(changes.react(groupId, id, '👍', true, caller('ann')))).toBe('BLOCKED')
    expect(await refusalOf(changes.react(groupId, id, '👍', false, caller('ann')))).toBe('accepted')
  })
})

describe('deleting', () => {
  test('is for the author, and for those who rank above them', async () => {
    const { changes, messages, groupId, say, write } = await conversation()
    const value = create(RoleChangedSchema, { userId: 'eve', role: Role.ADMIN })
    await write(groupId, 'roster', { case: 'roleChanged', value })
    const [byBob, byAnn, another] = [await say('bob'), await say('ann'), await say('bob')]
    const remove = (by: string, id: string) => refusalOf(changes.delete(groupId, id, caller(by)))
    expect(await remove('bob', byAnn)).toBe('NOT_PERMITTED')
    expect(await remove('eve', byAnn)).toBe('NOT_PERMITTED')
    expect([await remove('eve', byBob), await remove('bob', another)]).toEqual(['accepted', 'accepted'])
    expect(messages.place(groupId, byBob)).toMatchObject({ deleted: true })
    expect(messages.content(groupId, byBob)).toMatchObject({ text: '', authorId: 'bob' })
    expect(await remove('bob', newId())).toBe('MESSAGE_NOT_FOUND')
  })

  test('twice changes nothing, and what is deleted is neither edited nor pinned', async () => {
    const { changes, groupId, say, eventCount } = await conversation()
    const id = await say('ann')
    await changes.delete(groupId, id, caller('ann'))
    const before = await eventCount()
    await changes.delete(groupId, id, caller('ann'))
    await changes.remove(groupId, id, caller(''))
    await changes.remove(groupId, newId(), caller(''))
    expect(await eventCount()).toBe(before)
    expect(await refusalOf(changes.edit(groupId, id, 'x', caller('ann')))).toBe('MESSAGE_NOT_FOUND')
    expect(await refusalOf(changes.pin(groupId, id, true, caller('ann')))).toBe('MESSAGE_NOT_FOUND')
  })

  test('in the name of the installation asks nobody', async () => {
    const { changes, messages, groupId, say } = await conversation()
    const id = await say('ann')
    await changes.remove(groupId, id, caller('nobody of this group'))
    expect(messages.place(groupId, id)).toMatchObject({ deleted: true })
  })
})

describe('reactions and pins', () => {
  test('a reaction is there once, in the order in which they came, and goes', async () => {
    const { changes, messages, groupId, say, eventCount } = await conversation()
    const id = await say('ann')
    const react = (by: string, emoji: string, present = true) => changes.react(groupId, id, emoji, present, caller(by))
    for (const by of ['bob', 'ann', 'bob']) await react(by, '🎉')
    await react('ann', '❤️')
    await react('bob', '🎉', false)
    const before = await eventCount()
    await react('bob', '🎉', false)
    expect(await eventCount()).toBe(before)
    expect(messages.reactions(groupId, id)).toEqual([
      { emoji: '🎉', userId: 'ann' },
      { emoji: '❤️', userId: 'ann' },
    ])
    expect(await refusalOf(react('ann', 'no emoji'))).toBe('INVALID_REQUEST')
  })

  test('a muted member neither reacts nor pins, and may take back what was said before', async () => {
    const { changes, messages, groupId, say, write } = await conversation()
    const id = await say('bob')
    await changes.react(groupId, id, '🎉', true, caller('bob'))
    await changes.pin(groupId, id, true, caller('bob'))
    const mute = (until: number) => {
      const value = create(MemberMutedSchema, { userId: 'bob', until: timestampFromMs(until) })
      return write(groupId, 'roster', { case: 'memberMuted', value })
    }
    await mute(NOW + 1)
    expect(await refusalOf(changes.react(groupId, id, '👍', true, caller('bob')))).toBe('MUTED')
    expect(await refusalOf(changes.pin(groupId, id, false, caller('bob')))).toBe('MUTED')
    await changes.react(groupId, id, '🎉', false, caller('bob'))
    expect(messages.reactions(groupId, id)).toEqual([])
    await mute(NOW)
    expect(await refusalOf(changes.react(groupId, id, '👍', true, caller('bob')))).toBe('accepted')
    await mute(NOW + 1)
    expect(await refusalOf(changes.delete(groupId, id, caller('bob')))).toBe('accepted')
  })

  test('kinds of reactions on one message are limited, people with the same reaction are not', async () => {
    const { changes, groupId, say } = await conversation()
    const id = await say('ann')
    const kinds = Array.from({ length: COUNTED.reactionKinds + 1 }, (_, i) => String.fromCodePoint(0x1f600 + i))
    const react = (by: string, emoji: string) => refusalOf(changes.react(groupId, id, emoji, true, caller(by)))
    for (const emoji of kinds.slice(0, COUNTED.reactionKinds)) expect(await react('ann', emoji)).toBe('accepted')
    expect(await react('bob', kinds.at(-1) ?? '')).toBe('TOO_MANY')
    expect(await react('bob', kinds[0] ?? '')).toBe('accepted')
  })

  test('neither limit is crossed by requests at once on two replicas', async () => {
    const { changes, messages, groupId, say, store, history } = await conversation()
    const other = await groupWorld({}, store)
    const id = await say('ann')
    const ids = await Promise.all(Array.from({ length: COUNTED.pins + 8 }, (_, i) => say('ann', `m${i}`)))
    for (const one of ids.slice(0, COUNTED.pins - 3)) await changes.pin(groupId, one, true, caller('ann'))
    await other.history.catchUp(groupId)
    const either = (i: number) => (i % 2 ? changes : other.changes)
    const kinds = Array.from({ length: COUNTED.reactionKinds * 2 }, (_, i) => String.fromCodePoint(0x1f600 + i))
    const reacted = await Promise.all(
      kinds.map((emoji, i) => refusalOf(either(i).react(groupId, id, emoji, true, caller(i % 3 ? 'ann' : 'bob')))),
    )
    expect(reacted.filter((reason) => reason === 'accepted')).toHaveLength(COUNTED.reactionKinds)
    expect(messages.reactions(groupId, id)).toHaveLength(COUNTED.reactionKinds)
    const pinned = await Promise.all(
      ids.slice(COUNTED.pins - 3).map((one, i) => refusalOf(either(i).pin(groupId, one, true, caller('ann')))),
    )
    expect(pinned.filter((reason) => reason === 'accepted')).toHaveLength(3)
    await history.catchUp(groupId)
    expect(messages.pinCount(groupId)).toBe(COUNTED.pins)
  })

  test('of pins there are no more than the limit; unpinning makes room', async () => {
    const { changes, messages, groupId, say } = await conversation()
    const ids: string[] = []
    for (let i = 0; i <= COUNTED.pins; i++) ids.push(await say('ann', `m${i}`))
    const pin = (id: string, pinned = true) => refusalOf(changes.pin(groupId, id, pinned, caller('ann')))
    for (const id of ids.slice(0, COUNTED.pins)) await pin(id)
    const [first = '', last = ''] = [ids[0], ids.at(-1)]
    expect(messages.pinCount(groupId)).toBe(COUNTED.pins)
    expect(await pin(last)).toBe('TOO_MANY')
    expect(await pin(first)).toBe('accepted')
    expect([await pin(first, false), await pin(last)]).toEqual(['accepted', 'accepted'])
    expect([messages.isPinned(groupId, first), messages.isPinned(groupId, last)]).toEqual([false, true])
  })
})
