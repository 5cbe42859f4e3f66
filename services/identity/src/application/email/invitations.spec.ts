import { MemoryEventStore } from '@beseda/event-log'
import { newId, Refusal } from '@beseda/kernel'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { RegistrationRule } from '@beseda/proto/identity/v1/events'
import { type Letter, LetterSchema } from '@beseda/proto/mail/v1/letter'
import { toBinary } from '@bufbuild/protobuf'
import { expect, onTestFinished, test } from 'vitest'
import { FOUNDER_CODE, type IdentityOptions, identityOn } from '../../../../testing/identity.js'

const NOW = new Date('2026-01-01T12:00:00Z')
const DAY_MS = 24 * 3_600_000
const GROUP_CODE = 'g'.repeat(22)
const reasonOf = (error: unknown) => (error instanceof Refusal ? ErrorReason[error.reason] : error)

/** Ann, who administers, and Bob, who does not; an account invite of Ann's, and a group's of Bob's. */
async function house(options: IdentityOptions = {}) {
  const identity = await identityOn(new MemoryEventStore(), { groupInvites: { [GROUP_CODE]: 0 }, ...options })
  onTestFinished(() => identity.stop())
  const { registration, invites, invitations, queued, inviters } = identity
  const register = (username: string, code: string) => {
    const person = { username, displayName: `Name of ${username}`, password: 'correct horse', locale: 'ru', code }
    return registration.register(person, { commandId: newId(), now: NOW })
  }
  const ann = (await register('ann', FOUNDER_CODE)).userId
  await identity.administrators.settle(NOW)
  const caller = (userId: string, now = NOW, commandId = newId()) => ({ userId, commandId, now })
  const invite = await invites.create({ expiresInS: 7 * 24 * 3_600, maxUses: 5, name: '' }, caller(ann))
  const code = invites.codeOf(invite) ?? ''
  const bob = (await register('bob', code)).userId
  inviters.set(GROUP_CODE, bob)
  const send = (userId: string, of: string, address = 'new@b.org', now = NOW, commandId = newId()) =>
    invitations.send(of, address, caller(userId, now, commandId)).then(() => 'accepted', reasonOf)
  const prepare = (letter: Letter | undefined, now = NOW) => invitations.prepare(letter!, now)
  const letters = () => [...queued.values()]
  queued.clear()
  return { ...identity, ann, bob, invite, code, send, prepare, letters, caller }
}

test('an administrator sends the link of an account invite, and the queue knows neither address nor code', async () => {
  const { ann, code, send, prepare, letters } = await house()
  expect(await send(ann, code, ' New@B.org ')).toBe('accepted')
  const [letter] = letters()
  expect(await prepare(letter)).toEqual({
    ...{ address: 'New@B.org', code, inviter: 'Name of ann', groupName: '', locale: 'ru' },
  })
  const stored = Buffer.from(toBinary(LetterSchema, letter!)).toString('latin1')
  for (const secret of [code, 'New@B.org', 'Name of ann']) expect(stored).not.toContain(secret)
})

test('whoever has made an invite of a group sends its link, and nobody else, however much of an administrator', async () => {
  const { ann, bob, code, send, prepare, letters } = await house()
  expect(await send(bob, GROUP_CODE)).toBe('accepted')
  expect(await prepare(letters()[0])).toMatchObject({ groupName: 'Chess', inviter: 'Name of bob' })
  expect(await send(ann, GROUP_CODE, 'other@b.org')).toBe('NOT_PERMITTED')
  expect(await send(bob, code, 'other@b.org')).toBe('NOT_PERMITTED')
  expect(await send(bob, 'x'.repeat(22), 'other@b.org')).toBe('INVITE_NOT_FOUND')
  expect(letters()).toHaveLength(1)
})

test('where nobody registers by invite, or no mail is sent, none is sent', async () => {
  for (const rule of [RegistrationRule.CLOSED, RegistrationRule.OIDC]) {
    const { invitations } = await identityOn(new MemoryEventStore(), { rule, groupInvites: { [GROUP_CODE]: 0 } })
    const caller = { userId: newId(), commandId: newId(), now: NOW }
    expect(await invitations.send(GROUP_CODE, 'new@b.org', caller).catch(reasonOf)).toBe('REGISTRATION_CLOSED')
  }
  const { ann, code, send } = await house({ mail: false })
  expect(await send(ann, code)).toBe('NO_MAIL')
})

test.each(['a@b.org\r\nBcc: evil@x.org', 'a@b.org,c@d.org', 'all: a@b.org, c@d.org;', 'A <a@b.org>', ''])(
  'an address that is none of one person is refused: %j',
  async (address) => {
    const { ann, code, send, letters } = await house()
    expect([await send(ann, code, address), letters()]).toEqual(['BAD_EMAIL', []])
  },
)

test('an address gets one letter a day, the first, whoever invites and however often it is sent', async () => {
  const { ann, bob, code, send, prepare, letters } = await house()
  const commandId = newId()
  await send(ann, code, 'new@b.org', NOW, commandId)
  await send(ann, code, 'new@b.org', NOW, commandId)
  expect(letters()).toHaveLength(1)
  expect(await send(bob, GROUP_CODE, 'NEW@b.org')).toBe('accepted')
  const [first, second] = letters()
  for (let i = 0; i < 2; i++) expect(await prepare(first)).toBeDefined()
  expect(await prepare(second)).toBeUndefined()
  const tomorrow = new Date(NOW.getTime() + DAY_MS)
  await send(bob, GROUP_CODE, 'new@b.org', tomorrow)
  expect(await prepare(letters()[2], tomorrow)).toBeDefined()
})

test('the answer is the same for an address that an account has, and the letter, too', async () => {
  const { ann, code, send, prepare, letters, emails, codes, caller, queued } = await house()
  await emails.set('ann@b.org', caller(ann), async () => ({}))
  await emails.confirm(codes.codeOf([...queued.keys()].at(-1) ?? ''), { commandId: newId(), now: NOW })
  expect([await send(ann, code, 'ann@b.org'), await send(ann, code, 'nobody@b.org')]).toEqual(['accepted', 'accepted'])
  const [known, unknown] = [await prepare(letters().at(-2)), await prepare(letters().at(-1))]
  expect({ ...known, address: '' }).toEqual({ ...unknown, address: '' })
})

test('a person sends twenty a day', async () => {
  const { ann, code, send, letters } = await house()
  const answers = []
  for (let i = 0; i < 21; i++) answers.push(await send(ann, code, `p${i}@b.org`))
  expect([answers.filter((answer) => answer === 'accepted').length, answers.at(-1)]).toEqual([20, 'RATE_LIMITED'])
  expect(letters()).toHaveLength(20)
  expect(await send(ann, code, 'next@b.org', new Date(NOW.getTime() + DAY_MS))).not.toBe('RATE_LIMITED')
})

test('what was revoked, or is of somebody who may not invite any more, is not sent', async () => {
  const { ann, bob, code, invite, invites, send, prepare, letters, caller, inviters } = await house()
  await send(ann, code)
  await send(bob, GROUP_CODE, 'other@b.org')
  await invites.revoke(invite.id, caller(ann))
  inviters.set(GROUP_CODE, ann)
  for (const letter of letters()) expect(await prepare(letter)).toBeUndefined()
})
