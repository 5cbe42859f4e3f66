import { MemoryEventStore } from '@beseda/event-log'
import { newId, Refusal } from '@beseda/kernel'
import { externalSubject, IDENTITY_STREAM } from '@beseda/proto'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { AdministratorAction } from '@beseda/proto/identity/v1/events'
import fc, { type Scheduler } from 'fast-check'
import { expect, onTestFinished, test } from 'vitest'
import { FOUNDER_CODE, identityOn, SECRET } from '../../../../testing/identity.js'
import { NO_RULES, providerRoles } from '../../domain/sign-in/provider-roles.js'
import { Sealed } from '../sign-in/sealed.js'
import { ExternalIdentities, externalKey, type OidcFlow } from './external-identities.js'
import type { OidcProviders } from './ports.js'

const NOW = new Date('2026-01-01T00:00:00Z')
const ISSUER = 'https://id.example.org'
const reasonOf = (error: unknown) => (error instanceof Refusal ? error.reason : error)

const RULES = { claim: 'groups', administrators: ['admins'], members: ['staff'] }

/** A provider where the code is the subject, and the groups of a person for whom they matter: `ann+staff`. */
const works: OidcProviders = {
  list: () => [{ id: 'works', name: 'Works' }],
  start: async (id) => {
    if (id === 'down') throw new Error('no answer')
    return id === 'works' ? { url: ISSUER, verifier: 'v', state: 's', nonce: 'n' } : undefined
  },
  finish: async (providerId, { state }, answer) => {
    if (answer.state !== state) throw new Error('another state')
    const [subject = '', ...groups] = answer.code.split('+')
    const roles = groups.length > 0 ? providerRoles({ groups }, RULES) : NO_RULES
    return { providerId, issuer: ISSUER, subject, claims: { preferred_username: subject }, roles }
  },
}

async function installation(store = new MemoryEventStore(), scheduler?: Scheduler) {
  const identity = await identityOn(store, scheduler ? { scheduler } : {})
  if (!scheduler) onTestFinished(() => identity.stop())
  const failures: unknown[] = []
  const { deps, external, queries, commands, registration, accountLetters } = identity
  const flows = new Sealed<OidcFlow>(SECRET, 'oidc')
  const identities = new ExternalIdentities(
    deps,
    external,
    queries,
    commands,
    registration,
    works,
    accountLetters,
    flows,
    (error) => failures.push(error),
  )
  const answer = async (code: string, state = 's') => {
    const { flow } = await identities.start('works', NOW.getTime())
    return { flow, code, state, iss: '' }
  }
  const prove = async (code: string, locale = 'ru') => identities.signIn(await answer(code), { locale, code: '' }, NOW)
  const signIn = async (code: string, locale?: string) => (await prove(code, locale)).account
  const caller = (userId: string) => ({ commandId: newId(), userId, now: NOW })
  return { ...identity, identities, answer, prove, signIn, caller, failures, store }
}

test('the first sign-in makes an account without a password, the next ones find it', async () => {
  const { signIn } = await installation()
  const ann = await signIn('ann')
  expect(ann).toMatchObject({ username: 'ann', passwordHash: '', locale: 'ru' })
  expect((await signIn('ann')).userId).toBe(ann.userId)
  expect((await signIn('bob')).userId).not.toBe(ann.userId)
})

/** With a founder who is not asked about. `follow`: somebody signs in by the provider; whether they administer the installation then. */
async function withGroups() {
  const made = await installation()
  const { registration, administrators, prove } = made
  const founder = { username: 'founder', displayName: 'F', password: 'correct horse', locale: '', code: FOUNDER_CODE }
  const { userId: founderId } = await registration.register(founder, { commandId: newId(), now: NOW })
  await administrators.settle(NOW)
  const follow = async (code: string) => {
    const { account, says } = await prove(code)
    if (says) await administrators.follow(account.userId, says, NOW)
    return administrators.is(account)
  }
  const told = () =>
    administrators.actions(0, 10).actions.map(({ action, actorId, detail }) => [action, actorId !== '', detail])
  return { ...made, founderId, follow, told }
}
const { APPOINT, DISMISS } = AdministratorAction

test('the groups of the provider make an administrator at the next sign-in, and take the right away', async () => {
  const { follow, told } = await withGroups()
  expect(await follow('ann+staff')).toBe(false)
  expect(await follow('ann+staff+admins')).toBe(true)
  // Without rules the provider says nothing about it.
  expect(await follow('ann')).toBe(true)
  expect(await follow('ann+staff')).toBe(false)
  expect(told()).toEqual([
    [DISMISS, false, 'works'],
    [APPOINT, false, 'works'],
  ])
})

test('a provider takes away only what it gave', async () => {
  const { follow, signIn, administrators, caller, founderId } = await withGroups()
  const { userId } = await signIn('ann+staff')
  await administrators.set(userId, true, caller(founderId))
  expect(await follow('ann+staff')).toBe(true)
  await administrators.set(userId, false, caller(founderId))
  expect(await follow('ann+staff+admins')).toBe(true)
  expect(await follow('ann+staff')).toBe(false)
})

test('what a provider gave ends with the link to it, also for who has another way to sign in', async () => {
  const { follow, signIn, identities, administrators, commands, caller } = await withGroups()
  const ann = await signIn('ann+staff')
  expect(await follow('ann+staff+admins')).toBe(true)
  await commands.run(ann.userId, { type: 'ChangePassword', passwordHash: 'hash' }, caller(ann.userId))
  await identities.unlink('works', caller(ann.userId))
  expect(administrators.is(ann)).toBe(false)
  expect(await administrators.require(ann.userId).catch(reasonOf)).toBe(ErrorReason.NOT_PERMITTED)
})

test('no provider takes the right from the founder', async () => {
  const { identities, answer, follow, founderId, told } = await withGroups()
  await identities.link(await answer('boss'), founderId, NOW)
  expect([await follow('boss+staff'), told()]).toEqual([true, []])
})

test('sign-ins at the same time say it once', async () => {
  const { signIn, follow, told } = await withGroups()
  await signIn('ann+staff')
  expect(await Promise.all(Array.from({ length: 5 }, () => follow('ann+staff+admins')))).not.toContain(false)
  expect(told()).toEqual([[APPOINT, false, 'works']])
})

test('whoever is in none of the groups does not sign in, also with an account, and gets none', async () => {
  const { signIn, identities, queries, store } = await installation()
  const places = async () => (await store.read(IDENTITY_STREAM, { afterSeq: 0, limit: 100 })).length
  const before = await places()
  expect(await signIn('eve+others').catch(reasonOf)).toBe(ErrorReason.NOT_PERMITTED)
  expect(await places()).toBe(before)
  const { userId } = await signIn('eve+staff')
  expect(await signIn('eve+others').catch(reasonOf)).toBe(ErrorReason.NOT_PERMITTED)
  expect([(await queries.get(userId)).username, identities.of(userId).length]).toEqual(['eve', 1])
})

test('a user name that somebody has is not taken over', async () => {
  const { signIn, registration } = await installation()
  const password = { username: 'ann', displayName: 'Ann', password: 'correct horse', locale: '' }
  const { userId } = await registration.register(password, { commandId: newId(), now: NOW })
  const other = await signIn('ann')
  expect(other).toMatchObject({ username: 'ann2' })
  expect(other.userId).not.toBe(userId)
})

test('two replicas that see a new person at once, in any order, make one account and sign in to it', async () => {
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), async (scheduler) => {
      const store = new MemoryEventStore()
      const [one, other] = [await installation(store, scheduler), await installation(store, scheduler)]
      const accounts = await scheduler.waitFor(
        Promise.all([one.signIn('ann'), other.signIn('ann', 'en'), other.signIn('ann')]),
      )
      expect(new Set(accounts.map(({ userId }) => userId)).size).toBe(1)
      await one.stop()
      await other.stop()
    }),
    { numRuns: 20 },
  )
})

test('an identity is linked to one account, unlinked, and then it is free', async () => {
  const { identities, answer, signIn, registration, caller, store } = await installation()
  const register = async (username: string) => {
    const request = { username, displayName: username, password: 'correct horse', locale: '' }
    return (await registration.register(request, { commandId: newId(), now: NOW })).userId
  }
  const [ann, eve] = [await register('ann'), await register('eve')]
  await identities.link(await answer('works-ann'), ann, NOW)
  expect((await signIn('works-ann')).userId).toBe(ann)
  expect(await identities.link(await answer('works-ann'), eve, NOW).catch(reasonOf)).toBe(ErrorReason.ALREADY_LINKED)
  await identities.unlink('works', caller(ann))
  expect(identities.of(ann)).toEqual([])
  const log = await store.read(IDENTITY_STREAM, { afterSeq: 0, limit: 100 })
  const subject = externalSubject(externalKey(ISSUER, 'works-ann'))
  expect(log.filter((stored) => stored.subject === subject).flatMap(({ commit }) => commit.events)).toMatchObject([
    { body: { case: 'externalIdentityReleased' } },
  ])
  expect((await signIn('works-ann')).userId).not.toBe(ann)
})

test('a proof holds until its identity is unlinked', async () => {
  const { identities, answer, prove, registration, caller } = await installation()
  const request = { username: 'ann', displayName: 'Ann', password: 'correct horse', locale: '' }
  const { userId } = await registration.register(request, { commandId: newId(), now: NOW })
  await identities.link(await answer('works-ann'), userId, NOW)
  const { holds } = await prove('works-ann')
  expect(holds()).toBe(true)
  await identities.unlink('works', caller(userId))
  expect(holds()).toBe(false)
})

test('the last way to sign in stays', async () => {
  const { identities, signIn, caller } = await installation()
  const { userId } = await signIn('ann')
  expect(await identities.unlink('works', caller(userId)).catch(reasonOf)).toBe(ErrorReason.LAST_SIGN_IN)
})

test('an identity whose account was deleted makes a new one', async () => {
  const { signIn, commands, caller } = await installation()
  const { userId } = await signIn('ann')
  await commands.run(userId, { type: 'Delete' }, caller(userId))
  expect((await signIn('ann')).userId).not.toBe(userId)
})

test('what does not match is refused without a reason, which stands in the log', async () => {
  const { identities, answer, failures } = await installation()
  const finish = async (change: object) =>
    identities.signIn({ ...(await answer('ann')), ...change }, { locale: '', code: '' }, NOW).catch(reasonOf)
  expect(await finish({ state: 'other' })).toBe(ErrorReason.SIGN_IN_FAILED)
  expect(await finish({ flow: 'made up' })).toBe(ErrorReason.SIGN_IN_FAILED)
  expect(await identities.start('unknown', 0).catch(reasonOf)).toBe(ErrorReason.PROVIDER_NOT_FOUND)
  expect(await identities.start('down', 0).catch(reasonOf)).toBe(ErrorReason.UNAVAILABLE)
  expect(failures).toEqual([new Error('another state'), new Error('no answer')])
})
