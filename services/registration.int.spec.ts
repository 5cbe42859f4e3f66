import { newId } from '@beseda/kernel'
import { GroupKind } from '@beseda/proto/group/v1/events'
import { GroupService } from '@beseda/proto/group/v1/group_service'
import { RegistrationRule } from '@beseda/proto/identity/v1/events'
import { IdentityService } from '@beseda/proto/identity/v1/identity_service'
import { MembershipService } from '@beseda/proto/membership/v1/membership_service'
import { comingBack, reasonOf, TestSystem } from '@beseda/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { groupService } from './group/src/group.module.js'
import { identityService } from './identity/src/identity.module.js'
import { membershipService } from './membership/src/membership.module.js'

/** An installation as it is when nothing is configured, with two replicas of identity: who gets an account. */
let system: TestSystem
let founder: string
beforeAll(async () => {
  system = await TestSystem.start(groupService, membershipService)
  for (let i = 0; i < 2; i++) await system.run(identityService, { env: { REGISTRATION: '' } })
})
afterAll(() => system?.stop())

const anonymous = () => system.client(IdentityService)
const admin = () => system.client(IdentityService, { userId: founder })
let people = 0
const personWith = (code: string) => ({
  commandId: newId(),
  username: `person${++people}`,
  displayName: 'Person',
  password: 'correct horse',
  device: { id: newId(), name: 'Test' },
  code,
})
const refusalOf = (code: string) => {
  const person = personWith(code)
  return reasonOf(comingBack(() => anonymous().register(person)))
}

test('whoever has the founder’s code makes the first account, once, and administers the installation', async () => {
  expect(await anonymous().listSignInWays({})).toMatchObject({ founderWanted: true })
  expect(await refusalOf('')).toBe('FOUNDER_CODE_REQUIRED')
  const { me } = await anonymous().register(personWith(system.founderCode))
  founder = me?.user?.id ?? ''
  expect(me?.administrator).toBe(true)
  expect(await refusalOf(system.founderCode)).toBe('INVITE_NOT_FOUND')
  const ways = { founderWanted: false, registration: RegistrationRule.INVITE }
  expect(await anonymous().listSignInWays({})).toMatchObject(ways)
})

test("then people come with an account invite or a group's invite", async () => {
  expect(await refusalOf('')).toBe('INVITE_REQUIRED')
  const { invite } = await admin().createAccountInvite({ commandId: newId(), maxUses: 1 })
  expect(await refusalOf(invite?.code ?? '')).toBe('accepted')
  expect(await refusalOf(invite?.code ?? '')).toBe('INVITE_USED_UP')
  const by = { userId: founder }
  const created = { commandId: newId(), kind: GroupKind.GROUP, name: 'Chess', memberIds: [] }
  const groupId = (await system.client(GroupService, by).createGroup(created)).group?.id ?? ''
  const membership = system.client(MembershipService, by)
  const made = await membership.createInvite({ commandId: newId(), groupId, maxUses: 1 })
  expect(await refusalOf(made.code)).toBe('accepted')
  expect(await refusalOf(made.code)).toBe('INVITE_USED_UP')
  const open = await membership.createInvite({ commandId: newId(), groupId })
  expect(await refusalOf(open.code)).toBe('accepted')
  await membership.revokeInvite({ commandId: newId(), groupId, inviteId: open.invite?.id ?? '' })
  expect(await refusalOf(open.code)).toBe('INVITE_REVOKED')
})

test('of ten who come at once with an invite for three, three get an account, whatever replica they ask', async () => {
  const { invite } = await admin().createAccountInvite({ commandId: newId(), maxUses: 3 })
  const answers = await Promise.all(Array.from({ length: 10 }, () => refusalOf(invite?.code ?? '')))
  expect(answers.filter((answer) => answer === 'accepted')).toHaveLength(3)
  expect(answers.filter((answer) => answer === 'INVITE_USED_UP')).toHaveLength(7)
  // The other replica may still have it in its list until it has heard of the last use.
  const listed = async () => (await admin().getRegistration({})).invites.map(({ id }) => id)
  await expect.poll(listed).not.toContain(invite?.id)
})

test('an administrator closes registration, and the next request on any replica is refused', async () => {
  const { invite } = await admin().createAccountInvite({ commandId: newId() })
  await admin().setRegistration({ commandId: newId(), rule: RegistrationRule.CLOSED })
  for (let i = 0; i < 6; i++) expect(await refusalOf(invite?.code ?? '')).toBe('REGISTRATION_CLOSED')
  await admin().setRegistration({ commandId: newId(), rule: RegistrationRule.OPEN })
  for (let i = 0; i < 6; i++) expect(await refusalOf('')).toBe('accepted')
})
