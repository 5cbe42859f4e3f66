import { newId } from '@beseda/kernel'
import { Permission } from '@beseda/proto/common/v1/permissions'
import { Role } from '@beseda/proto/common/v1/roles'
import { Discoverability, GroupKind } from '@beseda/proto/group/v1/events'
import { GroupService } from '@beseda/proto/group/v1/group_service'
import { ExportFormat } from '@beseda/proto/history/v1/history_service'
import { WhoMayAdd } from '@beseda/proto/identity/v1/events'
import { MembershipService } from '@beseda/proto/membership/v1/membership_service'
import { reasonOf, TestSystem } from '@beseda/testkit'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { groupService } from './group/src/group.module.js'
import { identityService } from './identity/src/identity.module.js'
import { membershipService } from './membership/src/membership.module.js'
import { logText } from './testing/log-text.js'
import { type Person, peopleOf } from './testing/people.js'

/** What groups and accounts come to: their end, who is kept out and who is let in, what programs say; on real servers. */
let system: TestSystem
beforeAll(async () => {
  system = await TestSystem.start(identityService, groupService, membershipService)
})
afterAll(() => system?.stop())
const { person, group, say, texts } = peopleOf(() => system)
const logOf = (groupId: string) => logText(system, groupId)

const commandId = () => newId()
const settle = (owner: Person, groupId: string, settings: object) =>
  owner.groups.updateGroup({ commandId: commandId(), groupId, settings })
test('a deleted group is gone for everybody, and what was said from the log', async () => {
  const [ann, bob] = [await person(), await person()]
  const groupId = await group(ann, [bob])
  await say(ann, groupId, 'erase-me-with-the-group')
  await ann.groups.deleteGroup({ commandId: commandId(), groupId })
  expect(await reasonOf(bob.groups.listMessages({ groupId }))).toBe('NOT_A_MEMBER')
  await vi.waitFor(async () => expect(await logOf(groupId)).not.toContain('erase-me-with-the-group'))
})

test('a deleted account takes its content along; its groups go to the next in line, its empty ones close', async () => {
  const [ann, bob] = [await person('Ann'), await person('Bob')]
  const [shared, own] = [await group(ann, [bob]), await group(ann)]
  await say(ann, shared, 'trace-of-ann')
  await say(bob, shared, 'bob stays')
  expect(await reasonOf(ann.identity.deleteAccount({ commandId: commandId(), password: 'wrong' }))).toBe(
    'WRONG_PASSWORD',
  )
  await ann.identity.deleteAccount({ commandId: commandId(), password: 'correct horse' })
  await vi.waitFor(async () => {
    const { members } = await bob.membership.listMembers({ groupId: shared })
    expect(members).toMatchObject([{ userId: bob.id, role: Role.OWNER }])
    expect(await texts(bob, shared)).toEqual(['bob stays'])
    expect(await logOf(shared)).not.toContain('trace-of-ann')
    expect(await logOf(own)).toContain('Chess')
  })
  expect((await bob.identity.getUsers({ userIds: [ann.id] })).users).toMatchObject([
    { id: ann.id, deleted: true, displayName: '' },
  ])
  expect((await bob.identity.searchUsers({ query: 'Ann' })).users.map(({ id }) => id)).not.toContain(ann.id)
})

test('people choose who puts them into groups, those that are there and new ones', async () => {
  const [ann, bob] = [await person(), await person()]
  const shared = await group(ann)
  const choose = (whoMayAdd: WhoMayAdd) => bob.identity.setPrivacy({ commandId: commandId(), whoMayAdd })
  const add = () => reasonOf(ann.membership.addMembers({ commandId: commandId(), groupId: shared, userIds: [bob.id] }))
  const found = (kind: GroupKind) =>
    ann.groups.createGroup({ commandId: commandId(), kind, name: 'Go', memberIds: [bob.id] })
  await choose(WhoMayAdd.NOBODY)
  expect([await add(), await reasonOf(found(GroupKind.GROUP))]).toEqual(['NOT_ADDABLE', 'NOT_ADDABLE'])
  const direct = (await found(GroupKind.DIRECT)).group?.id ?? ''
  await choose(WhoMayAdd.CONTACTS)
  await say(ann, direct, 'I write, he does not')
  expect([await add(), await reasonOf(found(GroupKind.GROUP))]).toEqual(['NOT_ADDABLE', 'NOT_ADDABLE'])
  await say(bob, direct, 'hello')
  expect(await add()).toBe('accepted')
  await found(GroupKind.GROUP)
  expect(await bob.identity.getPrivacy({})).toMatchObject({ whoMayAdd: WhoMayAdd.CONTACTS })
})

test('the groups of several people are one question, and the answer is as of now', async () => {
  const [ann, bob, eve] = [await person(), await person(), await person()]
  const [shared, own] = [await group(ann, [bob]), await group(ann)]
  const { seq } = await bob.membership.leaveGroup({ commandId: commandId(), groupId: await group(ann, [bob, eve]) })
  const ask = { userId: eve.id, moreUserIds: [ann.id, bob.id, newId()] }
  const { groups, more } = await system.client(MembershipService).listGroupIds(ask)
  expect(groups).toMatchObject([{ rosterSeq: seq }])
  const ids = more.map((theirs) => theirs.groups.map(({ groupId }) => groupId))
  expect(ids.map((theirs) => theirs.toSorted())).toEqual([[shared, own, groups[0]?.groupId].toSorted(), [shared], []])
})

test('an export has everything, as lines and as a page', async () => {
  const [ann, bob] = [await person('Ann <b>'), await person()]
  const groupId = await group(ann, [bob])
  for (let i = 0; i < 120; i++) await say(ann, groupId, `line ${i} <script>alert(1)</script>`)
  const read = async (format: ExportFormat) => {
    let text = ''
    for (let afterSeq = 0n; ; ) {
      const { piece, next } = await ann.history.exportGroup({ groupId, format, afterSeq })
      text += new TextDecoder().decode(piece)
      if (next === 0n) return text
      afterSeq = next
    }
  }
  const lines = (await read(ExportFormat.JSON_LINES))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  expect(lines.filter(({ message }) => message)).toHaveLength(120)
  expect(lines[0]).toMatchObject({ actor: ann.id, event: { groupCreated: { name: 'Chess' } } })
  const page = await read(ExportFormat.HTML)
  expect(page).toContain('line 119')
  // What was deleted is told as a fact, in either form, and its words in neither.
  const { id: messageId, text } = await say(ann, groupId, 'an indiscreet remark')
  await ann.groups.deleteMessage({ commandId: commandId(), groupId, messageId })
  const after = [await read(ExportFormat.JSON_LINES), await read(ExportFormat.HTML)]
  for (const whole of after) {
    expect(whole).toContain('messageDeleted')
    expect(whole).not.toContain(text)
  }
  expect(page).not.toContain('<script>')
  const elsewhere = { groupId, format: ExportFormat.HTML, timeZone: 'Mars/Olympus' }
  expect(await reasonOf(ann.history.exportGroup(elsewhere))).toBe('INVALID_REQUEST')
  expect(await reasonOf(bob.history.exportGroup({ groupId, format: ExportFormat.HTML }))).toBe('NOT_PERMITTED')
})

test('webhooks post under their name as long as they are there', async () => {
  const [ann, bob] = [await person(), await person()]
  const groupId = await group(ann, [bob])
  expect(await reasonOf(bob.groups.createWebhook({ commandId: commandId(), groupId, name: 'CI' }))).toBe(
    'NOT_PERMITTED',
  )
  const { token, webhook } = await ann.groups.createWebhook({ commandId: commandId(), groupId, name: 'CI' })
  const gateway = system.client(GroupService)
  const messageId = newId()
  for (let i = 0; i < 2; i++) await gateway.postByWebhook({ token, messageId, text: 'build passed' })
  const { messages } = await bob.groups.listMessages({ groupId })
  expect(messages).toMatchObject([{ text: 'build passed', authorName: 'CI', authorId: webhook?.id }])
  expect((await ann.groups.listWebhooks({ groupId })).webhooks).toMatchObject([{ name: 'CI', createdBy: ann.id }])
  await ann.groups.deleteWebhook({ commandId: commandId(), groupId, webhookId: webhook!.id })
  expect(await reasonOf(gateway.postByWebhook({ token, messageId: newId(), text: 'x' }))).toBe('WEBHOOK_NOT_FOUND')
})

test('who has blocked somebody is not written to by them', async () => {
  const [ann, bob] = [await person(), await person()]
  const chat = await ann.groups.createGroup({ commandId: commandId(), kind: GroupKind.DIRECT, memberIds: [bob.id] })
  await say(bob, chat.group!.id, 'hi')
  await ann.identity.setBlocked({ commandId: commandId(), userId: bob.id, blocked: true })
  await vi.waitFor(async () => expect(await reasonOf(say(bob, chat.group!.id, 'why?'))).toBe('BLOCKED'))
  // Neither by a new wording of what was said before, nor by a reaction.
  const { id: messageId } = (await bob.groups.listMessages({ groupId: chat.group!.id })).messages[0]!
  const target = { commandId: commandId(), groupId: chat.group!.id, messageId }
  expect(await reasonOf(bob.groups.editMessage({ ...target, text: 'hi again' }))).toBe('BLOCKED')
  expect(await reasonOf(bob.groups.setReaction({ ...target, emoji: '👍', present: true }))).toBe('BLOCKED')
  expect((await ann.identity.listBlocked({})).userIds).toEqual([bob.id])
  const eve = await person()
  await eve.identity.setBlocked({ commandId: commandId(), userId: bob.id, blocked: true })
  const creation = { kind: GroupKind.DIRECT, memberIds: [eve.id] }
  await vi.waitFor(async () =>
    expect(await reasonOf(bob.groups.createGroup({ commandId: commandId(), ...creation }))).toBe('BLOCKED'),
  )
  await ann.identity.setBlocked({ commandId: commandId(), userId: bob.id, blocked: false })
  await vi.waitFor(() => say(bob, chat.group!.id, 'thanks'))
})

test('a ban ends at its time, by itself, and a mute is kept for who leaves and comes back', async () => {
  const [ann, bob] = [await person(), await person()]
  const groupId = await group(ann, [bob])
  await ann.membership.banMember({ commandId: commandId(), groupId, userId: bob.id, forS: 2 })
  const { code } = await ann.membership.createInvite({ commandId: commandId(), groupId })
  const join = () => reasonOf(bob.membership.acceptInvite({ commandId: commandId(), code }))
  expect(await join()).toBe('BANNED')
  expect((await ann.membership.listBans({ groupId })).bans).toHaveLength(1)
  await vi.waitFor(async () => expect(await join()).toBe('accepted'), { interval: 200 })
  expect((await ann.membership.listBans({ groupId })).bans).toEqual([])

  await ann.membership.muteMember({ commandId: commandId(), groupId, userId: bob.id, forS: 600 })
  await bob.membership.leaveGroup({ commandId: commandId(), groupId })
  expect(await join()).toBe('accepted')
  expect(await reasonOf(say(bob, groupId, 'back again'))).toBe('MUTED')
  const { members } = await ann.membership.listMembers({ groupId })
  expect(members.find(({ userId }) => userId === bob.id)).toMatchObject({ mutedUntil: expect.anything() })
})

test('an invite ends with what allowed it: its creator is banned, muted, or may no longer invite', async () => {
  const [ann, bob, eve] = [await person(), await person(), await person()]
  const groupId = await group(ann, [bob, eve])
  const codeOf = async (by: Person) => {
    const { code } = await by.membership.createInvite({ commandId: commandId(), groupId })
    return code
  }
  const [ofBob, ofEve, ofAnn] = [await codeOf(bob), await codeOf(eve), await codeOf(ann)]
  const join = async (code: string) => {
    const stranger = await person()
    return reasonOf(stranger.membership.acceptInvite({ commandId: commandId(), code }))
  }
  await ann.membership.banMember({ commandId: commandId(), groupId, userId: bob.id, reason: 'spam' })
  expect(await join(ofBob)).toBe('INVITE_REVOKED')
  await ann.membership.muteMember({ commandId: commandId(), groupId, userId: eve.id, forS: 600 })
  expect(await join(ofEve)).toBe('INVITE_REVOKED')
  await ann.membership.muteMember({ commandId: commandId(), groupId, userId: eve.id, forS: 0 })
  expect(await join(ofEve)).toBe('accepted')
  await settle(ann, groupId, { permissions: [{ permission: Permission.INVITE, leastRole: Role.ADMIN }] })
  expect(await join(ofEve)).toBe('INVITE_REVOKED')
  expect(await reasonOf(system.client(MembershipService).previewInvite({ code: ofEve }))).toBe('INVITE_REVOKED')
  const { invites } = await eve.membership.listInvites({ groupId })
  expect(invites.map(({ createdBy }) => createdBy)).toEqual([ann.id])
  expect(await join(ofAnn)).toBe('accepted')
})

test('a muted member adds nothing that others see, and brings nobody in', async () => {
  const [ann, bob, eve] = [await person(), await person(), await person()]
  const groupId = await group(ann, [bob])
  const { id: messageId } = await say(bob, groupId, 'before')
  await ann.membership.muteMember({ commandId: commandId(), groupId, userId: bob.id, forS: 600 })
  const target = { groupId, messageId }
  const ids = () => ({ commandId: commandId(), ...target })
  expect(await reasonOf(bob.groups.setPinned({ ...ids(), pinned: true }))).toBe('MUTED')
  expect(await reasonOf(bob.groups.setReaction({ ...ids(), emoji: '👍', present: true }))).toBe('MUTED')
  expect(await reasonOf(bob.membership.createInvite({ commandId: commandId(), groupId }))).toBe('MUTED')
  const added = { commandId: commandId(), groupId, userIds: [eve.id] }
  expect(await reasonOf(bob.membership.addMembers(added))).toBe('MUTED')
  expect(await reasonOf(bob.groups.deleteMessage(ids()))).toBe('accepted')
  expect(await texts(bob, groupId)).toEqual([])
})

test('groups that want to be found are found, asked, and joined', async () => {
  const [ann, bob, eve] = [await person(), await person(), await person()]
  const { group: made } = await ann.groups.createGroup({
    commandId: commandId(),
    kind: GroupKind.GROUP,
    name: 'Ёжики в тумане',
  })
  const groupId = made!.id
  const find = async (who: Person) => (await who.membership.discoverGroups({ query: 'ежики' })).groups
  expect(await find(bob)).toEqual([])
  await settle(ann, groupId, { discoverability: Discoverability.BY_REQUEST })
  await vi.waitFor(async () => expect(await find(bob)).toMatchObject([{ groupId, open: false, requested: false }]))
  expect(await bob.membership.joinGroup({ commandId: commandId(), groupId, note: 'please' })).toMatchObject({
    requested: true,
  })
  expect(await find(bob)).toMatchObject([{ requested: true, member: false }])
  expect((await ann.membership.listJoinRequests({ groupId })).requests).toMatchObject([
    { userId: bob.id, note: 'please' },
  ])
  await ann.membership.resolveJoinRequest({ commandId: commandId(), groupId, userId: bob.id, approve: true })
  await say(bob, groupId, 'here I am')
  await settle(ann, groupId, { discoverability: Discoverability.OPEN })
  await vi.waitFor(async () =>
    expect(await eve.membership.joinGroup({ commandId: commandId(), groupId })).toMatchObject({ requested: false }),
  )
  await ann.membership.banMember({ commandId: commandId(), groupId, userId: eve.id, reason: 'spam' })
  expect(await reasonOf(eve.membership.joinGroup({ commandId: commandId(), groupId }))).toBe('BANNED')
  expect((await ann.membership.listBans({ groupId })).bans).toMatchObject([
    { userId: eve.id, reason: 'spam', bannedBy: ann.id },
  ])
})
