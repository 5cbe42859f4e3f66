import { MemoryEventStore } from '@beseda/event-log'
import { newId, Refusal } from '@beseda/kernel'
import { accountSubject, IDENTITY_STREAM } from '@beseda/proto'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { AdministratorAction, RegistrationRule } from '@beseda/proto/identity/v1/events'
import fc from 'fast-check'
import { expect, onTestFinished, test } from 'vitest'
import { FOUNDER_CODE, type IdentityOptions, identityOn } from '../../../../testing/identity.js'

/** Who may register: whatever the rule, whatever the way, whatever another replica does at the same moment. */
const NOW = new Date('2026-01-01T00:00:00Z')
const HOUR = 3_600_000
const { OPEN, INVITE, CLOSED, OIDC } = RegistrationRule
const reasonOf = (error: unknown) => (error instanceof Refusal ? ErrorReason[error.reason] : error)

async function replica(store: MemoryEventStore, options: IdentityOptions = { rule: 'unset' }) {
  const identity = await identityOn(store, options)
  onTestFinished(() => identity.stop())
  let people = 0
  /** `registered`, or why not. */
  const register = async (code = '', now = NOW, username = `p${++people}${newId().slice(-6)}`) => {
    const person = { username, displayName: username, password: 'correct horse', locale: '', code }
    return identity.registration.register(person, { commandId: newId(), now }).then(() => 'registered', reasonOf)
  }
  const provided = async (code = '') => {
    const userId = newId()
    const caller = { commandId: userId, userId, now: NOW }
    const person = {
      type: 'Register',
      username: `o${++people}`,
      displayName: 'O',
      passwordHash: '',
      locale: '',
    } as const
    return identity.registration
      .admit(code, 'provider', caller)
      .then((admitted) => identity.registration.openFor(person, admitted, caller))
      .then(() => 'registered', reasonOf)
  }
  return { ...identity, register, provided }
}

/** An installation with its founder. */
async function founded(options?: IdentityOptions, store = new MemoryEventStore()) {
  const identity = await replica(store, options)
  await identity.register(FOUNDER_CODE)
  await identity.administrators.settle(NOW)
  const founder = identity.administrators.founder() ?? ''
  const byFounder = (commandId = newId()) => ({ commandId, userId: founder, now: NOW })
  const invite = async (terms = {}, caller = byFounder()) => {
    const made = await identity.invites.create({ expiresInS: 0, maxUses: 0, name: '', ...terms }, caller)
    return { id: made.id, code: identity.invites.codeOf(made) ?? '' }
  }
  return { ...identity, store, founder, byFounder, invite }
}

test('the first account needs the code of the founder, which makes one founder and no second account', async () => {
  const { register, admissions, administrators, reader, queries } = await replica(new MemoryEventStore())
  expect(admissions.founderAddress()).toBe(`/register#founder=${FOUNDER_CODE}`)
  expect(await register()).toBe('FOUNDER_CODE_REQUIRED')
  expect(await register(FOUNDER_CODE.slice(1))).toBe('FOUNDER_CODE_REQUIRED')
  expect(await register(FOUNDER_CODE, NOW, 'ann')).toBe('registered')
  expect(admissions.founderAddress()).toBeUndefined()
  await administrators.settle(NOW)
  const ann = await queries.findByName('ann')
  expect([administrators.founder(), ann && administrators.is(ann)]).toEqual([ann?.userId, true])
  expect(await register(FOUNDER_CODE)).toBe('INVITE_NOT_FOUND')
  expect(reader.peopleCount()).toBe(1)
})

test.each([CLOSED, OIDC, INVITE])(
  'the founder gets in under rule %i, by a password and by a provider',
  async (rule) => {
    expect(await (await replica(new MemoryEventStore(), { rule })).register(FOUNDER_CODE)).toBe('registered')
    expect(await (await replica(new MemoryEventStore(), { rule })).provided(FOUNDER_CODE)).toBe('registered')
  },
)

test('where registration is open somebody without the code is no administrator, and the founder may come later', async () => {
  const { register, administrators, queries } = await replica(new MemoryEventStore(), { rule: OPEN })
  expect(await register('', NOW, 'eve')).toBe('registered')
  await administrators.settle(NOW)
  expect(administrators.founder()).toBeUndefined()
  expect(await register(FOUNDER_CODE, NOW, 'ann')).toBe('registered')
  await administrators.settle(NOW)
  expect(administrators.founder()).toBe((await queries.findByName('ann'))?.userId)
  expect(await register(FOUNDER_CODE)).toBe('registered')
})

test('the founder of an earlier release stays it, and no code is given out', async () => {
  const store = new MemoryEventStore()
  const { commands, registration, admissions, administrators } = await replica(store)
  const caller = { commandId: newId(), userId: newId(), now: NOW }
  const earlier = {
    type: 'Register',
    username: 'ann',
    displayName: 'Ann',
    passwordHash: 'x',
    locale: '',
    admission: 0,
  } as const
  await registration.open(caller.userId, earlier, caller)
  expect([admissions.founderWanted, commands !== undefined]).toEqual([false, true])
  await administrators.settle(NOW)
  expect(administrators.founder()).toBe(caller.userId)
})

test('a deleted founder leaves no code that works, not even when the log has forgotten the account', async () => {
  const { store, founder, commands, byFounder } = await founded()
  await commands.run(founder, { type: 'Delete' }, byFounder())
  await store.purge(IDENTITY_STREAM, accountSubject(founder), (await store.info(IDENTITY_STREAM)).lastSeq - 1)
  const rebuilt = await replica(store)
  expect(await rebuilt.register(FOUNDER_CODE)).toBe('INVITE_NOT_FOUND')
})

test.each([
  [OPEN, 'registered', 'registered', 'registered'],
  [INVITE, 'INVITE_REQUIRED', 'registered', 'INVITE_REQUIRED'],
  [CLOSED, 'REGISTRATION_CLOSED', 'REGISTRATION_CLOSED', 'REGISTRATION_CLOSED'],
  [OIDC, 'REGISTRATION_CLOSED', 'REGISTRATION_CLOSED', 'registered'],
])('rule %i: without a code %s, with an invite %s, by a provider %s', async (rule, without, withInvite, byProvider) => {
  const { register, provided, rules, byFounder, invite, bots, founder } = await founded()
  const { code } = await invite()
  await rules.set(rule, byFounder())
  expect([await register(), await register(code), await provided()]).toEqual([without, withInvite, byProvider])
  // Bots are made by people who have an account, under every rule.
  await bots.create(
    { username: 'bot', displayName: 'Bot', scopes: [] },
    { commandId: newId(), userId: founder, now: NOW },
  )
})

test('what is configured counts, and no administrator changes it', async () => {
  const { register, rules, byFounder } = await founded({ rule: CLOSED })
  expect(await rules.set(OPEN, byFounder()).catch(reasonOf)).toBe('NOT_PERMITTED')
  expect(await register()).toBe('REGISTRATION_CLOSED')
})

test('only administrators change the rule and make invites, and the audit log says it', async () => {
  const { register, rules, invites, invite, queries, byFounder, administrators } = await founded()
  const { id, code } = await invite({ name: 'For Bob' })
  await register(code, NOW, 'bob')
  const bob = { commandId: newId(), userId: (await queries.findByName('bob'))?.userId ?? '', now: NOW }
  expect(await rules.set(OPEN, bob).catch(reasonOf)).toBe('NOT_PERMITTED')
  expect(await invite({}, bob).catch(reasonOf)).toBe('NOT_PERMITTED')
  expect(await invites.revoke(id, bob).catch(reasonOf)).toBe('NOT_PERMITTED')
  await rules.set(CLOSED, byFounder())
  await invites.revoke(id, byFounder())
  const { actions } = administrators.actions(0, 10)
  expect(actions.map(({ action, detail }) => [action, detail])).toEqual([
    [AdministratorAction.REVOKE_ACCOUNT_INVITE, 'For Bob'],
    [AdministratorAction.CHANGE_REGISTRATION, 'closed'],
    [AdministratorAction.CREATE_ACCOUNT_INVITE, 'For Bob'],
  ])
})

test('an invite ends: by its uses, its time, and when it is revoked; a repeat of who used it gets the account', async () => {
  const { register, invites, invite, byFounder, registration } = await founded()
  const [once, hour, revoked] = [await invite({ maxUses: 1 }), await invite({ expiresInS: 3600 }), await invite()]
  const person = { username: 'bob', displayName: 'Bob', password: 'correct horse', locale: '', code: once.code }
  const caller = { commandId: newId(), now: NOW }
  const { userId } = await registration.register(person, caller)
  expect((await registration.register(person, caller)).userId).toBe(userId)
  expect(await register(once.code)).toBe('INVITE_USED_UP')
  expect(await register(hour.code, new Date(NOW.getTime() + HOUR - 1))).toBe('registered')
  expect(await register(hour.code, new Date(NOW.getTime() + HOUR))).toBe('INVITE_EXPIRED')
  expect(invites.usable(NOW.getTime()).map(({ id, uses }) => [id, uses])).toEqual([
    [revoked.id, 0],
    [hour.id, 1],
  ])
  await invites.revoke(revoked.id, byFounder())
  expect(await register(revoked.code)).toBe('INVITE_REVOKED')
  expect(await invites.revoke(newId(), byFounder()).catch(reasonOf)).toBe('INVITE_NOT_FOUND')
  expect(await register('unknown')).toBe('INVITE_NOT_FOUND')
})

test('a repeated command makes one invite, and its id serves no other', async () => {
  const { invites, invite, byFounder } = await founded()
  const caller = byFounder()
  const [first, again] = [await invite({ name: 'A' }, caller), await invite({ name: 'A' }, caller)]
  expect(again).toEqual(first)
  expect(await invite({ name: 'B' }, caller).catch(reasonOf)).toBe('COMMAND_ID_REUSED')
  expect(invites.usable(NOW.getTime())).toHaveLength(1)
})

test("a group's invite lets as many people register as it lets in", async () => {
  const { register } = await founded({ rule: 'unset', groupInvites: { two: 2, all: 0 } })
  const answers = []
  for (const code of ['two', 'two', 'two', 'all', 'all', 'none']) answers.push(await register(code))
  const yes = 'registered'
  expect(answers).toEqual([yes, yes, 'INVITE_USED_UP', yes, yes, 'INVITE_NOT_FOUND'])
})

test('of two who use the last use of an invite at once, over two replicas, one registers', async () => {
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), async (scheduler) => {
      const { store, invite } = await founded()
      const { code } = await invite({ maxUses: 1 })
      const [one, other] = [
        await replica(store, { rule: 'unset', scheduler }),
        await replica(store, { rule: 'unset', scheduler }),
      ]
      const both = Promise.all([one.register(code), other.register(code)])
      const answers = await scheduler.waitFor(both)
      expect(answers.toSorted()).toEqual(['INVITE_USED_UP', 'registered'])
    }),
    { numRuns: 15 },
  )
})

test('of two founders at once, over two replicas, one registers', async () => {
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), async (scheduler) => {
      const store = new MemoryEventStore()
      const [one, other] = [
        await replica(store, { rule: 'unset', scheduler }),
        await replica(store, { rule: 'unset', scheduler }),
      ]
      const answers = await scheduler.waitFor(Promise.all([one.register(FOUNDER_CODE), other.register(FOUNDER_CODE)]))
      const [later, first] = answers.toSorted()
      expect([first, ['REGISTRATION_CLOSED', 'INVITE_NOT_FOUND'].includes(String(later))]).toEqual(['registered', true])
    }),
    { numRuns: 15 },
  )
})

test('nobody registers after the place in the log at which registration was closed', async () => {
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), async (scheduler) => {
      const { store, founder } = await founded()
      const one = await replica(store, { rule: 'unset', scheduler })
      await scheduler.waitFor(one.rules.set(OPEN, { commandId: newId(), userId: founder, now: NOW }))
      const other = await replica(store, { rule: 'unset', scheduler })
      const closing = one.rules.set(CLOSED, { commandId: newId(), userId: founder, now: NOW })
      await scheduler.waitFor(Promise.all([closing, other.register()]))
      const commits = await store.read(IDENTITY_STREAM, { afterSeq: 0, limit: 1_000 })
      const bodies = commits.flatMap(({ commit }) => commit.events.map(({ body }) => body))
      const closed = bodies.findLastIndex(({ case: kind }) => kind === 'registrationRuleChanged')
      expect(bodies.slice(closed).filter(({ case: kind }) => kind === 'accountRegistered')).toEqual([])
    }),
    { numRuns: 25 },
  )
})
