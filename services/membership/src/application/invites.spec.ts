import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { Permission } from '@beseda/proto/common/v1/permissions'
import { Role } from '@beseda/proto/common/v1/roles'
import { type GroupSettingsSchema, GroupUpdatedSchema } from '@beseda/proto/group/v1/events'
import { InviteCreatedSchema } from '@beseda/proto/membership/v1/events'
import { create, type MessageInitShape } from '@bufbuild/protobuf'
import { beforeEach, expect, test } from 'vitest'
import { refusalOf } from '../../../testing/refusal-of.js'
import { callerOf, openService, type Service } from './testing.js'

let service: Service
let groupId: string
beforeEach(async () => {
  service = await openService()
  groupId = await service.found(['owner', 'ann'], { name: 'Go' })
})

const { signal } = new AbortController()
const NOW = new Date(0)
const terms = { expiresInS: 0, maxUses: 0, role: Role.UNSPECIFIED, needsApproval: false, name: '' }
const made = (change: Partial<typeof terms> = {}, caller = callerOf('ann')) =>
  service.invites.create(groupId, { ...terms, ...change }, caller)
const refused = (reason: ErrorReason) => expect.objectContaining({ reason })

test('a code shows its group and admits to it', async () => {
  const { code } = await made()
  expect(await service.invites.preview(code, NOW, signal)).toMatchObject({
    group: { id: groupId, name: 'Go' },
    memberCount: 2,
    invite: { createdBy: 'ann', role: Role.MEMBER },
  })
  expect(await service.invites.accept(code, '', callerOf('eve'))).toMatchObject({ groupId })
  const { members } = await service.queries.members({ groupId, userId: 'eve', minSeq: 0, signal })
  expect(members.map(({ userId }) => userId)).toContain('eve')
})

test('a retry gets the same invite and the same code; another command gets others', async () => {
  const caller = callerOf('ann')
  const [first, again, other] = [await made({}, caller), await made({}, caller), await made()]
  expect([again.code, again.invite.id]).toEqual([first.code, first.invite.id])
  expect([other.code, other.invite.id]).not.toContain(first.code)
  expect(first.invite.id).not.toBe(caller.commandId)
  expect(await service.invites.list({ groupId, userId: 'ann', minSeq: 0, signal }, NOW)).toHaveLength(2)
})

test('a command id counts for one invite of one kind in one group', async () => {
  const caller = callerOf('ann')
  const { invite } = await made({ expiresInS: 60 }, caller)
  const later = { ...caller, now: new Date(5_000) }
  expect((await made({ expiresInS: 60 }, later)).invite.id).toBe(invite.id)
  const reused = refused(ErrorReason.COMMAND_ID_REUSED)
  for (const change of [
    { expiresInS: 61 },
    { expiresInS: 60, name: 'x' },
    { expiresInS: 60, maxUses: 1 },
    { expiresInS: 60, needsApproval: true },
  ]) {
    await expect(made(change, later)).rejects.toEqual(reused)
  }
  const elsewhere = await service.found(['owner', 'ann'])
  await expect(service.invites.create(elsewhere, { ...terms, expiresInS: 60 }, caller)).rejects.toEqual(reused)
  await expect(service.commands.run(groupId, { type: 'LeaveGroup' }, caller)).rejects.toEqual(reused)
})

test('repeating the command of somebody else does not reveal their code', async () => {
  const caller = callerOf('ann')
  await made({}, caller)
  await expect(made({}, callerOf('owner', NOW, caller.commandId))).rejects.toEqual(
    refused(ErrorReason.COMMAND_ID_REUSED),
  )
})

test('the log holds no code', async () => {
  const { code } = await made()
  const stored = await service.store.read('HISTORY_0', { afterSeq: 0, limit: 10 })
  expect(stored.some(({ bytes }) => Buffer.from(bytes).includes(code))).toBe(false)
})

test('a code is known although the view lags', async () => {
  const { inviteId, code } = service.codes.issue(groupId, 'command')
  const value = create(InviteCreatedSchema, { inviteId, codeHash: service.codes.hash(code) })
  await service.caughtUp()
  await service.write(groupId, 'roster', { case: 'inviteCreated', value })
  expect((await service.invites.preview(code, NOW, signal)).group.id).toBe(groupId)
})

test('an unknown code and one of a deleted group are refused alike', async () => {
  const { code } = await made()
  await expect(service.invites.preview('x'.repeat(22), NOW, signal)).rejects.toEqual(
    refused(ErrorReason.INVITE_NOT_FOUND),
  )
  await service.write(groupId, 'roster', { case: 'groupDeleted', value: { $typeName: 'beseda.group.v1.GroupDeleted' } })
  await service.caughtUp()
  await expect(service.invites.preview(code, NOW, signal)).rejects.toEqual(refused(ErrorReason.INVITE_NOT_FOUND))
})

test('an invite ends when it expires, is used up or is revoked', async () => {
  const timed = await made({ expiresInS: 1 })
  await expect(service.invites.preview(timed.code, new Date(1_000), signal)).rejects.toEqual(
    refused(ErrorReason.INVITE_EXPIRED),
  )
  const once = await made({ maxUses: 1 })
  await service.invites.accept(once.code, '', callerOf('eve'))
  await expect(service.invites.accept(once.code, '', callerOf('bob'))).rejects.toEqual(
    refused(ErrorReason.INVITE_USED_UP),
  )
  const revoked = await made()
  await service.commands.run(groupId, { type: 'RevokeInvite', inviteId: revoked.invite.id }, callerOf('ann'))
  await expect(service.invites.preview(revoked.code, NOW, signal)).rejects.toEqual(refused(ErrorReason.INVITE_REVOKED))
  const left = await service.invites.list({ groupId, userId: 'ann', minSeq: 0, signal }, NOW)
  expect(left.map(({ invite }) => invite.id)).not.toContain(revoked.invite.id)
})

const settle = (permissions: MessageInitShape<typeof GroupSettingsSchema>['permissions'] = []) => {
  const value = create(GroupUpdatedSchema, { settings: { permissions } })
  return service.write(groupId, 'roster', { case: 'groupUpdated', value })
}
const mute = (until: number) =>
  service.commands.run(groupId, { type: 'MuteMember', userId: 'ann', until }, callerOf('owner'))

test('an invite shows nothing, admits nobody and is in no list while its creator may not invite', async () => {
  const { code } = await made()
  const answers = async () => [
    await refusalOf(service.invites.accept(code, '', callerOf('eve'))),
    await refusalOf(service.invites.preview(code, NOW, signal)),
    (await service.invites.list({ groupId, userId: 'owner', minSeq: 0, signal }, NOW)).length,
  ]
  await mute(1_000)
  expect(await answers()).toEqual(['INVITE_REVOKED', 'INVITE_REVOKED', 0])
  await mute(0)
  // The group service writes this, so the view of this service learns of it only when it catches up.
  await settle([{ permission: Permission.INVITE, leastRole: Role.ADMIN }])
  expect(await answers()).toEqual(['INVITE_REVOKED', 'INVITE_REVOKED', 0])
  await settle()
  await service.caughtUp()
  expect(await answers()).toEqual(['accepted', 'accepted', 1])
})

test('invites are shown to members only', async () => {
  await made()
  const asked = service.invites.list({ groupId, userId: 'eve', minSeq: 0, signal }, NOW)
  await expect(asked).rejects.toEqual(refused(ErrorReason.NOT_A_MEMBER))
})

test('a link is copied again, with its name, by its creator and by those who could have made it and may revoke it', async () => {
  const { code } = await made({ name: 'For the choir' })
  const secret = await made({ role: Role.ADMIN, name: 'For the board' }, callerOf('owner'))
  const codesFor = async (userId: string) => {
    const listed = await service.invites.list({ groupId, userId, minSeq: 0, signal }, NOW)
    return Object.fromEntries(listed.map((one) => [one.invite.name, one.code]))
  }
  const eve = await service.invites.accept(code, '', callerOf('eve'))
  expect(eve.groupId).toBe(groupId)
  const both = { 'For the choir': code, 'For the board': secret.code }
  expect(await codesFor('owner')).toEqual(both)
  expect(await codesFor('ann')).toEqual({ 'For the choir': code, 'For the board': undefined })
  expect(await codesFor('eve')).toEqual({ 'For the choir': undefined, 'For the board': undefined })
  // Ann becomes an admin: she may revoke links and make those for members, not those for admins.
  await service.commands.run(groupId, { type: 'ChangeRole', userId: 'ann', role: Role.ADMIN }, callerOf('owner'))
  expect(await codesFor('ann')).toEqual({ 'For the choir': code, 'For the board': undefined })
})

test('a code of another secret is not made up', async () => {
  const { inviteId } = service.codes.issue(groupId, 'command')
  const value = create(InviteCreatedSchema, { inviteId, codeHash: service.codes.hash('x'.repeat(22)) })
  await service.write(groupId, 'roster', { case: 'inviteCreated', value }, 'ann')
  await service.caughtUp()
  const listed = await service.invites.list({ groupId, userId: 'ann', minSeq: 0, signal }, NOW)
  expect(listed.map(({ code }) => code)).toEqual([undefined])
})
