import { JetStreamEventStore } from '@beseda/event-log'
import { newId, partitionOf } from '@beseda/kernel'
import { historyStream, historySubject } from '@beseda/proto'
import { Role } from '@beseda/proto/common/v1/roles'
import { GroupKind } from '@beseda/proto/group/v1/events'
import { MembershipService } from '@beseda/proto/membership/v1/membership_service'
import { reasonOf, TestSystem } from '@beseda/testkit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { groupService } from './group/src/group.module.js'
import { identityService } from './identity/src/identity.module.js'
import { membershipService } from './membership/src/membership.module.js'
import { type Person, peopleOf } from './testing/people.js'

/** Identity, group and membership together, on real servers with the permissions of production. */
let system: TestSystem
beforeAll(async () => {
  system = await TestSystem.start(identityService, groupService, membershipService)
})
afterAll(() => system.stop())

const { person, group, post, texts } = peopleOf(() => system)

describe('groups', () => {
  test('are there for everybody chosen, at once', async () => {
    const [ann, bob] = [await person(), await person()]
    const founding = { commandId: newId(), kind: GroupKind.GROUP, name: 'Chess', memberIds: [bob.id] }
    const { group: founded, seq } = await ann.groups.createGroup(founding)
    const groupId = founded?.id ?? ''
    const { groups } = await bob.membership.listMyGroups({ minSeqGroupId: groupId, minSeq: seq })
    expect(groups).toMatchObject([{ groupId, name: 'Chess', role: Role.MEMBER, memberCount: 2 }])
    expect((await bob.groups.getGroup({ groupId })).group).toMatchObject({ ownerId: ann.id, memberCount: 2 })
  })

  test('a retried creation is the same group; with a stranger it is refused', async () => {
    const ann = await person()
    const request = { commandId: newId(), kind: GroupKind.GROUP, name: 'Once' }
    const first = await ann.groups.createGroup(request)
    const again = await ann.groups.createGroup(request)
    expect([again.group?.id, again.created]).toEqual([first.group?.id, false])
    const stranger = { ...request, commandId: newId(), memberIds: [newId()] }
    expect(await reasonOf(ann.groups.createGroup(stranger))).toBe('USER_NOT_FOUND')
  })

  test('two people who open a direct chat at once get one', async () => {
    const [ann, bob] = [await person(), await person()]
    const open = (from: Person, to: Person) =>
      from.groups.createGroup({ commandId: newId(), kind: GroupKind.DIRECT, memberIds: [to.id] })
    const [one, other] = await Promise.all([open(ann, bob), open(bob, ann)])
    expect(one.group?.id).toBe(other.group?.id)
    expect([one.created, other.created].filter(Boolean)).toHaveLength(1)
    expect((await ann.membership.listMyGroups({})).groups).toMatchObject([{ peerId: bob.id, kind: GroupKind.DIRECT }])
    expect(await reasonOf(open(ann, ann))).toBe('INVALID_REQUEST')
  })

  test('come in pages, none twice and none passed over, however many somebody was added to', async () => {
    const [ann, bob] = [await person(), await person()]
    const made: string[] = []
    for (let i = 0; i < 155; i++) made.push(await group(ann, [bob]))
    const first = await bob.membership.listMyGroups({})
    expect([first.groups.length, first.hasMore]).toEqual([150, true])
    const afterGroupId = first.groups
      .map(({ groupId }) => groupId)
      .sort()
      .at(-1)!
    const rest = await bob.membership.listMyGroups({ afterGroupId })
    expect(rest.hasMore).toBe(false)
    expect(new Set([...first.groups, ...rest.groups].map(({ groupId }) => groupId))).toEqual(new Set(made))
  })

  test('are renamed by admins and deleted by the owner, for everybody', async () => {
    const [ann, bob] = [await person(), await person()]
    const groupId = await group(ann, [bob])
    expect(await reasonOf(bob.groups.updateGroup({ commandId: newId(), groupId, name: 'Mine' }))).toBe('NOT_PERMITTED')
    const { group: renamed } = await ann.groups.updateGroup({ commandId: newId(), groupId, name: 'Go', topic: '19x19' })
    expect(renamed).toMatchObject({ name: 'Go', topic: '19x19' })
    const deletion = { commandId: newId(), groupId }
    await ann.groups.deleteGroup(deletion)
    await ann.groups.deleteGroup(deletion)
    expect(await reasonOf(bob.groups.getGroup({ groupId }))).toBe('NOT_A_MEMBER')
    expect((await bob.membership.listMyGroups({})).groups).toEqual([])
    expect(await reasonOf(post(ann, groupId, 'anyone?'))).toBe('NOT_A_MEMBER')
  })
})

describe('messages', () => {
  test('a retry is the same message; the id of another is refused', async () => {
    const [ann, bob] = [await person(), await person()]
    const groupId = await group(ann, [bob])
    const id = newId()
    const first = await post(ann, groupId, 'hello', id)
    const again = await post(ann, groupId, 'hello', id)
    expect(again).toEqual(first)
    expect((await texts(ann, groupId)).length).toBe(1)
    const { message } = await bob.groups.getMessage({ groupId, messageId: id, minSeq: first.seq })
    expect(message).toMatchObject({ seq: first.seq, index: first.index, authorId: ann.id })
    expect(await reasonOf(post(bob, groupId, 'mine', id))).toBe('COMMAND_ID_REUSED')
    expect(await texts(bob, groupId)).toEqual(['hello'])
  })

  test('two hundred at once, each sent twice, are all there once, in one order, in far fewer commits', async () => {
    const [ann, bob] = [await person(), await person()]
    const groupId = await group(ann, [bob])
    const ids = Array.from({ length: 200 }, () => newId())
    await Promise.all(ids.flatMap((id, i) => [post(ann, groupId, `m${i}`, id), post(ann, groupId, `m${i}`, id)]))
    const seen = await texts(bob, groupId)
    expect(new Set(seen).size).toBe(200)
    expect(seen).toHaveLength(200)
    expect(await texts(ann, groupId)).toEqual(seen)
    const partition = partitionOf(groupId, 2)
    const store = await JetStreamEventStore.open(system.edge)
    const filter = historySubject(partition, groupId, 'messages')
    const commits = await store.read(historyStream(partition), { afterSeq: 0, filter, limit: 500 })
    expect(commits.length).toBeLessThan(60)
  })

  test('pages go both ways and meet without hole or overlap', async () => {
    const ann = await person()
    const groupId = await group(ann)
    await Promise.all(Array.from({ length: 25 }, (_, i) => post(ann, groupId, `m${i}`)))
    const all = await texts(ann, groupId)
    const backward: string[] = []
    for (let beforeSeq = 0n, more = true; more; ) {
      const page = await ann.groups.listMessages({ groupId, beforeSeq, limit: 4 })
      backward.unshift(...page.messages.map(({ text }) => text))
      beforeSeq = page.messages[0]!.seq
      more = page.hasMore
    }
    expect(backward).toEqual(all)
    const { messages } = await ann.groups.listMessages({ groupId, limit: 200 })
    const after = await ann.groups.listMessages({ groupId, afterSeq: messages[0]!.seq, limit: 200 })
    expect(after.messages).toEqual(messages.filter(({ seq }) => seq > messages[0]!.seq))
    expect(await reasonOf(ann.groups.listMessages({ groupId, afterSeq: 1n, beforeSeq: 9n }))).toBe('INVALID_REQUEST')
  })

  test('strangers neither read nor write; blank and too long texts are refused', async () => {
    const [ann, eve] = [await person(), await person()]
    const groupId = await group(ann)
    expect(await reasonOf(post(eve, groupId, 'let me in'))).toBe('NOT_A_MEMBER')
    expect(await reasonOf(eve.groups.listMessages({ groupId }))).toBe('NOT_A_MEMBER')
    expect(await reasonOf(eve.membership.listMembers({ groupId }))).toBe('NOT_A_MEMBER')
    expect(await reasonOf(post(ann, groupId, '  \n '))).toBe('INVALID_REQUEST')
    expect(await reasonOf(post(ann, groupId, 'x'.repeat(4001)))).toBe('INVALID_REQUEST')
    await post(ann, groupId, 'ж'.repeat(4000))
  })

  test('who was removed cannot post a moment later, who was added can', async () => {
    const [ann, bob] = [await person(), await person()]
    const groupId = await group(ann)
    for (let round = 0; round < 10; round++) {
      await ann.membership.addMembers({ commandId: newId(), groupId, userIds: [bob.id] })
      await post(bob, groupId, `in ${round}`)
      await ann.membership.removeMember({ commandId: newId(), groupId, userId: bob.id })
      expect(await reasonOf(post(bob, groupId, `out ${round}`))).toBe('NOT_A_MEMBER')
    }
    expect(await texts(ann, groupId)).toEqual(Array.from({ length: 10 }, (_, i) => `in ${i}`))
  })
})

describe('members', () => {
  test('roles, transfer and leaving', async () => {
    const [ann, bob] = [await person(), await person()]
    const groupId = await group(ann, [bob])
    expect(await reasonOf(ann.membership.leaveGroup({ commandId: newId(), groupId }))).toBe('OWNER_CANNOT_LEAVE')
    const { seq } = await ann.membership.transferOwnership({ commandId: newId(), groupId, userId: bob.id })
    const { members } = await bob.membership.listMembers({ groupId, minSeq: seq })
    expect(members.map(({ userId, role }) => [userId, role])).toEqual([
      [bob.id, Role.OWNER],
      [ann.id, Role.ADMIN],
    ])
    await ann.membership.leaveGroup({ commandId: newId(), groupId })
    expect((await ann.membership.listMyGroups({})).groups).toEqual([])
  })
})

describe('invites', () => {
  test('preview without an account, join once or twice, list, revoke', async () => {
    const [ann, bob, eve] = [await person(), await person(), await person()]
    const groupId = await group(ann)
    const creation = { commandId: newId(), groupId, expiresInS: 3600 }
    const { code, invite } = await ann.membership.createInvite(creation)
    expect((await ann.membership.createInvite(creation)).code).toBe(code)
    const preview = await system.client(MembershipService).previewInvite({ code })
    expect(preview).toMatchObject({ groupId, name: 'Chess', memberCount: 1, invitedBy: ann.id })
    await bob.membership.acceptInvite({ commandId: newId(), code })
    await bob.membership.acceptInvite({ commandId: newId(), code })
    await post(bob, groupId, 'hi')
    expect((await bob.membership.listInvites({ groupId })).invites).toMatchObject([{ id: invite!.id, uses: 1 }])
    await ann.membership.revokeInvite({ commandId: newId(), groupId, inviteId: invite!.id })
    expect(await reasonOf(eve.membership.acceptInvite({ commandId: newId(), code }))).toBe('INVITE_REVOKED')
    expect((await ann.membership.listInvites({ groupId })).invites).toEqual([])
  })

  test('the last use goes to one of two racing people; a wrong code is nobody’s', async () => {
    const [ann, bob, eve] = [await person(), await person(), await person()]
    const groupId = await group(ann)
    const { code } = await ann.membership.createInvite({ commandId: newId(), groupId, maxUses: 1 })
    const accept = (who: Person) => reasonOf(who.membership.acceptInvite({ commandId: newId(), code }))
    expect((await Promise.all([accept(bob), accept(eve)])).sort()).toEqual(['INVITE_USED_UP', 'accepted'])
    const wrong = { commandId: newId(), code: 'A'.repeat(22) }
    expect(await reasonOf(bob.membership.acceptInvite(wrong))).toBe('INVITE_NOT_FOUND')
  })
})

test('two replicas of every service agree, whichever is asked', async () => {
  const replicas = [await system.run(groupService), await system.run(membershipService)]
  try {
    const [ann, bob] = [await person(), await person()]
    const groupId = await group(ann)
    for (let round = 0; round < 10; round++) {
      await ann.membership.addMembers({ commandId: newId(), groupId, userIds: [bob.id] })
      await Promise.all([post(bob, groupId, `b${round}`), post(ann, groupId, `a${round}`)])
      await bob.membership.leaveGroup({ commandId: newId(), groupId })
    }
    const { messages } = await ann.groups.listMessages({ groupId, limit: 200 })
    expect(messages.map(({ text }) => text).sort()).toEqual(
      ['a', 'b'].flatMap((name) => Array.from({ length: 10 }, (_, i) => `${name}${i}`)).sort(),
    )
  } finally {
    for (const replica of replicas) await replica.stop()
  }
})
