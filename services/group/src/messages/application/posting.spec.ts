import { MemoryEventStore } from '@beseda/event-log'
import { newId } from '@beseda/kernel'
import { Permission } from '@beseda/proto/common/v1/permissions'
import { Role } from '@beseda/proto/common/v1/roles'
import { GroupKind, GroupUpdatedSchema, NewcomerHistory } from '@beseda/proto/group/v1/events'
import { MessageSchema } from '@beseda/proto/group/v1/group_service'
import {
  MemberMutedSchema,
  MemberRemovedSchema,
  MembersAddedSchema,
  RoleChangedSchema,
} from '@beseda/proto/membership/v1/events'
import { create } from '@bufbuild/protobuf'
import { timestampFromMs, timestampMs } from '@bufbuild/protobuf/wkt'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { groupWorld, settingsChanged } from '../../../../testing/group-world.js'
import { refusalOf } from '../../../../testing/refusal-of.js'
import type { Post } from './posting.js'

type World = Awaited<ReturnType<typeof groupWorld>>

const NOW = 1_000_000
const signal = new AbortController().signal
const by = (authorId: string, groupId: string, more: Partial<Post> = {}): Post => ({
  ...{ messageId: newId(), groupId, authorId, text: 'hello', replyTo: '', threadId: '', attachments: [] },
  ...{ forward: undefined, now: new Date(NOW), traceparent: undefined, signal },
  ...more,
})
const texts = async ({ commits }: World, groupId: string) =>
  (await commits(groupId, 'messages')).flatMap(({ commit }) =>
    commit.events.map(({ body }) => (body.case === 'messagePosted' ? body.value.text : body.case)),
  )

describe('a post', () => {
  test('answers with its place when it is in the log and in the view', async () => {
    const world = await groupWorld()
    const groupId = await world.found(['ann', 'bob'])
    const post = by('ann', groupId, { text: 'hello\r\nBob' })
    const { place, isNew } = await world.posting.post(post)
    const [stored] = await world.commits(groupId, 'messages')
    expect(isNew).toBe(true)
    expect(place).toMatchObject({ id: post.messageId, groupId, seq: stored?.seq, index: 0, authorId: 'ann' })
    expect(world.messages.content(groupId, post.messageId)).toMatchObject({ text: 'hello\nBob' })
    // Alone in its commit a message gives it its id, which makes the append idempotent.
    expect(stored?.commit).toMatchObject({
      id: post.messageId,
      events: [{ commandId: post.messageId, actorId: 'ann' }],
    })
  })

  test('and every change of a message end with their request while the view stands still', async () => {
    const world = await groupWorld()
    const groupId = await world.found(['bob'])
    // The log has more than this view will ever fold.
    world.store.heads = async () => new Map([['roster', 1_000]])
    const request = new AbortController()
    const caller = { ...{ commandId: newId(), userId: 'ann', now: new Date(NOW) }, traceparent: undefined }
    const waiting = [
      world.posting.post(by('ann', groupId, { signal: request.signal })),
      world.changes.pin(groupId, newId(), true, { ...caller, signal: request.signal }),
    ]
    request.abort(new Error('deadline'))
    for (const one of waiting) await expect(one).rejects.toThrow('deadline')
  })

  test('mentions members whom it names, and the author whom it replies to', async () => {
    const world = await groupWorld()
    const [bob, stranger] = [newId(), newId()]
    const groupId = await world.found(['ann', bob])
    const { place: question } = await world.posting.post(by(bob, groupId))
    const reply = by('ann', groupId, { text: `<@${bob}> <@${stranger}> <@all>`, replyTo: question.id })
    await world.posting.post(reply)
    expect(world.messages.content(groupId, reply.messageId)).toMatchObject({
      replyTo: question.id,
      mentions: { userIds: [bob], all: true, admins: false, repliedUserId: bob },
    })
  })

  test('that forwards the words of somebody else calls nobody', async () => {
    const bob = newId()
    const original = create(MessageSchema, { id: newId(), authorId: bob, text: `<@${bob}> <@all>` })
    const world = await groupWorld({ source: { read: async () => original } })
    const groupId = await world.found(['ann', bob])
    const forward = by('ann', groupId, { text: '', forward: { groupId: newId(), messageId: original.id } })
    await world.posting.post(forward)
    const copy = world.messages.content(groupId, forward.messageId)
    expect(copy).toMatchObject({ text: original.text, forwarded: { authorId: bob } })
    expect(copy?.mentions).toBeUndefined()
  })

  test('expires by the settings of its group', async () => {
    const world = await groupWorld()
    const groupId = await world.found(['ann'])
    await world.write(groupId, 'group', settingsChanged({ messageTtlS: 60 }))
    const { place } = await world.posting.post(by('ann', groupId))
    const { expiresAt } = world.messages.content(groupId, place.id) ?? {}
    expect(expiresAt && timestampMs(expiresAt)).toBe(NOW + 60_000)
  })

  test('shares a commit with those that come while another is being written, each at an index of its own', async () => {
    const world = await groupWorld()
    const groupId = await world.found(['ann', 'bob'])
    const posted = await Promise.all(
      Array.from({ length: 20 }, (_, i) => world.posting.post(by(i % 2 ? 'ann' : 'bob', groupId, { text: `m${i}` }))),
    )
    const commits = await world.commits(groupId, 'messages')
    expect(commits.length).toBeLessThan(5)
    expect(new Set(posted.map(({ place: { seq, index } }) => `${seq}.${index}`)).size).toBe(20)
    expect(await texts(world, groupId)).toEqual(Array.from({ length: 20 }, (_, i) => `m${i}`))
  })
})

describe('a post is refused', () => {
  test('by somebody who is not, or is no longer, a member', async () => {
    const world = await groupWorld()
    const groupId = await world.found(['ann', 'bob'])
    expect(await refusalOf(world.posting.post(by('eve', groupId)))).toBe('NOT_A_MEMBER')
    expect(await refusalOf(world.posting.post(by('ann', newId())))).toBe('NOT_A_MEMBER')
    const value = create(MemberRemovedSchema, { userId: 'bob' })
    await world.write(groupId, 'roster', { case: 'memberRemoved', value })
    expect(await refusalOf(world.posting.post(by('bob', groupId)))).toBe('NOT_A_MEMBER')
    expect(await texts(world, groupId)).toEqual([])
  })

  test('in an archived group, where only admins write, and to a muted member until their time is over', async () => {
    const world = await groupWorld()
    const groupId = await world.found(['ann', 'bob'])
    const value = create(MemberMutedSchema, { userId: 'bob', until: timestampFromMs(NOW + 500) })
    await world.write(groupId, 'roster', { case: 'memberMuted', value })
    expect(await refusalOf(world.posting.post(by('bob', groupId)))).toBe('MUTED')
    expect(await refusalOf(world.posting.post(by('bob', groupId, { now: new Date(NOW + 501) })))).toBe('accepted')
    const permissions = [{ permission: Permission.POST, leastRole: Role.ADMIN }]
    await world.write(groupId, 'group', settingsChanged({ permissions }))
    const later = { now: new Date(NOW + 1_000) }
    expect(await refusalOf(world.posting.post(by('bob', groupId, later)))).toBe('NOT_PERMITTED')
    expect(await refusalOf(world.posting.post(by('ann', groupId)))).toBe('accepted')
    const archived = create(GroupUpdatedSchema, { archived: true })
    await world.write(groupId, 'group', { case: 'groupUpdated', value: archived })
    expect(await refusalOf(world.posting.post(by('ann', groupId)))).toBe('ARCHIVED')
  })

  test('too soon in slow mode, also in the same commit; admins are free of it', async () => {
    const world = await groupWorld()
    const groupId = await world.found(['ann', 'bob', 'eve'])
    await world.write(groupId, 'group', settingsChanged({ slowModeS: 10 }))
    // The first goes alone; of those that come meanwhile, one that slow mode counts goes into the next commit.
    const first = ['ann', 'bob', 'bob', 'eve', 'ann'].map((author) =>
      refusalOf(world.posting.post(by(author, groupId))),
    )
    expect(await Promise.all(first)).toEqual(['accepted', 'accepted', 'SLOW_MODE', 'accepted', 'accepted'])
    expect(await world.commits(groupId, 'messages')).toHaveLength(3)
    const after = (ms: number) => refusalOf(world.posting.post(by('bob', groupId, { now: new Date(NOW + ms) })))
    expect(await after(9_999)).toBe('SLOW_MODE')
    expect(await after(10_000)).toBe('accepted')
  })

  test('at once on two replicas in slow mode: one post is too many', async () => {
    const world = await groupWorld()
    const other = await groupWorld({}, world.store)
    const groupId = await world.found(['ann', 'bob'])
    const seq = await world.write(groupId, 'roster', settingsChanged({ slowModeS: 10 }))
    await other.history.waitFor(groupId, seq)
    for (const now of [NOW, NOW + 10_000]) {
      const posts = [world, other, world, other].map(({ posting }) =>
        refusalOf(posting.post(by('bob', groupId, { now: new Date(now) }))),
      )
      expect((await Promise.all(posts)).toSorted()).toEqual(['SLOW_MODE', 'SLOW_MODE', 'SLOW_MODE', 'accepted'])
    }
  })

  test('in a direct chat once either has blocked the other', async () => {
    const world = await groupWorld()
    const groupId = await world.found(['ann', 'bob'], GroupKind.DIRECT)
    expect(await refusalOf(world.posting.post(by('ann', groupId)))).toBe('accepted')
    await world.block('bob', 'ann')
    expect(await refusalOf(world.posting.post(by('ann', groupId)))).toBe('BLOCKED')
    expect(await refusalOf(world.posting.post(by('bob', groupId)))).toBe('BLOCKED')
  })

  test('when it says nothing, or replies to what its author cannot see', async () => {
    const world = await groupWorld()
    const groupId = await world.found(['ann', 'bob'])
    await world.write(groupId, 'group', settingsChanged({ newcomerHistory: NewcomerHistory.FROM_JOINING }))
    const { place: old } = await world.posting.post(by('ann', groupId))
    const added = create(MembersAddedSchema, { userIds: ['eve'] })
    await world.write(groupId, 'roster', { case: 'membersAdded', value: added })
    const { place: seen } = await world.posting.post(by('ann', groupId))
    const attempt = (more: Partial<Post>) => refusalOf(world.posting.post(by('eve', groupId, more)))
    expect(await attempt({ text: ' \n ' })).toBe('INVALID_REQUEST')
    for (const id of [newId(), old.id]) {
      expect(await attempt({ replyTo: id })).toBe('INVALID_REQUEST')
      expect(await attempt({ threadId: id })).toBe('INVALID_REQUEST')
    }
    expect(await attempt({ replyTo: seen.id })).toBe('accepted')
    expect(await attempt({ threadId: seen.id })).toBe('accepted')
  })

  test('in a thread that begins within a thread', async () => {
    const world = await groupWorld()
    const groupId = await world.found(['ann'])
    const { place: head } = await world.posting.post(by('ann', groupId))
    const { place: answer } = await world.posting.post(by('ann', groupId, { threadId: head.id }))
    expect(answer.threadId).toBe(head.id)
    expect(await refusalOf(world.posting.post(by('ann', groupId, { threadId: answer.id })))).toBe('INVALID_REQUEST')
    const also = { alsoToGroup: true }
    const { place: both } = await world.posting.post(by('ann', groupId, { threadId: head.id, ...also }))
    expect(both).toMatchObject({ threadId: '', alsoInThread: head.id })
    expect(await refusalOf(world.posting.post(by('ann', groupId, { threadId: both.id })))).toBe('INVALID_REQUEST')
    expect(await refusalOf(world.posting.post(by('ann', groupId, also)))).toBe('INVALID_REQUEST')
  })
})

describe('a retry', () => {
  test('is answered with the first place, and writes nothing', async () => {
    const world = await groupWorld()
    const groupId = await world.found(['ann'])
    const post = by('ann', groupId)
    // At once, in one commit behind another message, and later.
    const other = world.posting.post(by('ann', groupId, { text: 'other' }))
    const [first, atOnce] = await Promise.all([world.posting.post(post), world.posting.post(post), other])
    const later = await world.posting.post({ ...post, now: new Date(NOW + 60_000) })
    expect([first, atOnce, later].map(({ place }) => place)).toEqual([first.place, first.place, first.place])
    expect([first, atOnce, later].map(({ isNew }) => isNew)).toContain(true)
    expect(later.isNew).toBe(false)
    expect(await texts(world, groupId)).toEqual(['other', 'hello'])
  })

  test('is one only of the same author with the same content, whatever the message says by now', async () => {
    const world = await groupWorld()
    const groupId = await world.found(['ann', 'bob'])
    const post = by('ann', groupId)
    await world.posting.post(post)
    const again = (more: Partial<Post>) => refusalOf(world.posting.post({ ...post, ...more }))
    expect(await again({ text: 'other' })).toBe('COMMAND_ID_REUSED')
    expect(await again({ authorId: 'bob' })).toBe('COMMAND_ID_REUSED')
    const caller = { commandId: newId(), userId: 'ann', now: new Date(NOW), traceparent: undefined, signal }
    await world.changes.edit(groupId, post.messageId, 'edited', caller)
    expect(await again({})).toBe('accepted')
    expect(await again({ text: 'edited' })).toBe('COMMAND_ID_REUSED')
    await world.changes.delete(groupId, post.messageId, { ...caller, commandId: newId() })
    expect(await again({})).toBe('accepted')
    expect(await texts(world, groupId)).toEqual(['hello', 'messageEdited', 'messageDeleted'])
  })

  test('through another replica is one message, and of two authors with one id one is refused', async () => {
    const property = fc.asyncProperty(fc.scheduler(), fc.boolean(), async (s, isSame) => {
      const store = new MemoryEventStore()
      const first = await groupWorld({}, store, s)
      const second = await groupWorld({}, store, s)
      const groupId = await first.found(['ann', 'bob'])
      const post = by('ann', groupId)
      const other = isSame ? post : { ...post, authorId: 'bob' }
      const answers = await s.waitFor(
        Promise.all([refusalOf(first.posting.post(post)), refusalOf(second.posting.post(other))]),
      )
      for (const { stop } of [first, second]) await stop()
      expect(answers.toSorted()).toEqual(isSame ? ['accepted', 'accepted'] : ['COMMAND_ID_REUSED', 'accepted'])
      const fresh = await groupWorld({}, store)
      await fresh.history.catchUp(groupId)
      const page = { groupId, threadId: '', beforeSeq: 0, afterSeq: 0, aroundMessageId: '', atTime: undefined }
      const { messages } = await fresh.queries.page({ ...page, limit: 10, minSeq: 0 }, 'ann', signal)
      expect(messages).toHaveLength(1)
    })
    await fc.assert(property, { numRuns: 40 })
  })
})

test('whoever is removed while they post is refused, or what they post stands before their removal', async () => {
  const property = fc.asyncProperty(fc.scheduler(), fc.nat(6), async (s, delay) => {
    const store = new MemoryEventStore()
    const world = await groupWorld({}, store, s)
    const groupId = await world.found(['ann', 'bob'])
    const attempts = Array.from({ length: 4 }, () => refusalOf(world.posting.post(by('bob', groupId))))
    const removal = async () => {
      for (let turn = 0; turn < delay; turn++) await s.schedule(Promise.resolve())
      const value = create(MemberRemovedSchema, { userId: 'bob' })
      const role = create(RoleChangedSchema, { userId: 'ann', role: Role.OWNER })
      await world.write(groupId, 'roster', { case: 'roleChanged', value: role })
      return world.write(groupId, 'roster', { case: 'memberRemoved', value })
    }
    const [removedAt, reasons] = await s.waitFor(Promise.all([removal(), Promise.all(attempts)]))
    await world.stop()
    const commits = await world.commits(groupId, 'messages')
    for (const { seq } of commits) expect(seq).toBeLessThan(removedAt)
    const written = commits.reduce((sum, { commit }) => sum + commit.events.length, 0)
    expect(reasons.filter((reason) => reason === 'accepted')).toHaveLength(written)
    expect(reasons.every((reason) => reason === 'accepted' || reason === 'NOT_A_MEMBER')).toBe(true)
  })
  await fc.assert(property, { numRuns: 60 })
})
