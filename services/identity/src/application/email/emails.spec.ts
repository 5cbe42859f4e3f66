import { MemoryEventStore } from '@beseda/event-log'
import { newId, Refusal } from '@beseda/kernel'
import { emailSubject, IDENTITY_STREAM } from '@beseda/proto'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { Admission } from '@beseda/proto/identity/v1/events'
import { expect, onTestFinished, test } from 'vitest'
import { type IdentityOptions, identityOn, SECRET } from '../../../../testing/identity.js'
import { Departures } from '../accounts/departures.js'
import { LetterCodes } from './letter-codes.js'

const NOW = new Date('2026-01-01T00:00:00Z')
const LATER = new Date(NOW.getTime() + 61_000)
const reasonOf = (error: unknown) => (error instanceof Refusal ? error.reason : error)
const proven = async () => ({})

async function house(options: IdentityOptions = {}) {
  const store = new MemoryEventStore()
  const identity = await identityOn(store, options)
  onTestFinished(() => identity.stop())
  const caller = (userId: string, now = NOW, commandId = newId()) => ({ commandId, userId, now })
  const person = async (username: string, passwordHash = 'plain horse battery') => {
    const userId = newId()
    const command = { type: 'Register', admission: Admission.OPEN, displayName: username, locale: 'en' } as const
    await identity.registration.open(userId, { ...command, username, passwordHash }, caller(userId))
    return userId
  }
  const { emails, codes, queued } = identity
  /** The code of the newest letter. */
  const newest = () => codes.codeOf([...queued.keys()].at(-1) ?? '')
  const confirm = (code: string, now = NOW) => emails.confirm(code, { commandId: newId(), now }).catch(reasonOf)
  const settle = async (userId: string, address: string, now = NOW) => {
    await emails.set(address, caller(userId, now), proven)
    return confirm(newest(), now)
  }
  return { ...identity, store, caller, person, newest, confirm, settle }
}

test('an address is set, confirmed by its link, and found', async () => {
  const { person, settle, emails, queries, queued } = await house()
  const ann = await person('ann')
  expect(await settle(ann, ' Ann@B.org ')).toBe('Ann@B.org')
  expect(await queries.get(ann)).toMatchObject({ email: 'Ann@B.org', unconfirmed: undefined })
  expect([(await emails.holder('ann@b.ORG'))?.userId, await emails.holder('bob@b.org')]).toEqual([ann, undefined])
  expect(queued.size).toBe(1)
})

test('nothing is sent for somebody who does not prove who they are, nor where there is no mail', async () => {
  const { person, caller, emails, queued } = await house()
  const ann = await person('ann')
  const refuse = async (): Promise<object> => {
    throw new Refusal(ErrorReason.WRONG_PASSWORD)
  }
  const set = (prove: () => Promise<object>, text = 'a@b.org') => emails.set(text, caller(ann), prove).catch(reasonOf)
  expect(await set(refuse)).toBe(ErrorReason.WRONG_PASSWORD)
  expect(await set(proven, 'a@b.org, c@d.org')).toBe(ErrorReason.BAD_EMAIL)
  expect(queued.size).toBe(0)
  const without = await house({ mail: false })
  const bob = await without.person('bob')
  expect(await without.emails.set('a@b.org', caller(bob), proven).catch(reasonOf)).toBe(ErrorReason.NO_MAIL)
})

test('one person sends a few letters to whatever addresses, then has to wait longer and longer', async () => {
  const { person, caller, emails, queued, newest, confirm } = await house()
  const ann = await person('ann')
  const set = (i: number, at: number) =>
    emails.set(`stranger-${i}@b.org`, caller(ann, new Date(NOW.getTime() + at)), proven).catch(reasonOf)
  for (let i = 0; i < 5; i++) expect(await set(i, 0)).toBeUndefined()
  expect(await set(5, 1_000)).toBe(ErrorReason.RATE_LIMITED)
  // A mailbox of one's own does not begin it anew.
  await confirm(newest())
  expect(await set(5, 2_000)).toBe(ErrorReason.RATE_LIMITED)
  expect(await set(5, 61_000)).toBeUndefined()
  expect(await set(6, 122_000)).toBe(ErrorReason.RATE_LIMITED)
  expect(queued.size).toBe(6)
  // Somebody else is not kept waiting, and whoever does not prove who they are uses nothing up.
  const bob = await person('bob')
  const refuse = () => Promise.reject(new Refusal(ErrorReason.WRONG_PASSWORD))
  for (let i = 0; i < 9; i++) {
    expect(await emails.set('a@b.org', caller(bob), refuse).catch(reasonOf)).toBe(ErrorReason.WRONG_PASSWORD)
  }
  await emails.set('a@b.org', caller(bob), proven)
})

test('a repeat of the command is the same letter, and one with another address is refused', async () => {
  const { person, caller, emails, queued, newest } = await house()
  const ann = await person('ann')
  const command = caller(ann)
  await emails.set('a@b.org', command, proven)
  const code = newest()
  await emails.set('a@b.org', { ...command, now: LATER }, async () => {
    throw new Error('not asked for again')
  })
  expect([queued.size, newest()]).toEqual([1, code])
  expect(await emails.set('c@d.org', command, proven).catch(reasonOf)).toBe(ErrorReason.COMMAND_ID_REUSED)
})

test('the link neither stands in the log nor can be computed from what does', async () => {
  const { person, settle, newest, store } = await house()
  await settle(await person('ann'), 'a@b.org')
  const log = await store.read(IDENTITY_STREAM, { afterSeq: 0, limit: 100 })
  expect(log.map(({ bytes }) => Buffer.from(bytes).toString('latin1')).join()).not.toContain(newest())
  expect(log.map(({ subject }) => subject).join()).not.toContain('a@b.org')
})

test('an address that somebody has confirmed is taken, which only its reader is told; nothing is told to whoever sets it', async () => {
  const { person, settle, emails, queries } = await house()
  const [ann, bob] = [await person('ann'), await person('bob')]
  await settle(ann, 'a@b.org')
  expect(await settle(bob, 'A@b.org', LATER)).toBe(ErrorReason.EMAIL_TAKEN)
  expect(await queries.get(bob)).toMatchObject({ email: '' })
  expect((await emails.holder('a@b.org'))?.userId).toBe(ann)
})

test('an address that its person gave up is free', async () => {
  const { person, settle, emails, caller } = await house()
  const [ann, bob, cat] = [await person('ann'), await person('bob'), await person('cat')]
  await settle(ann, 'a@b.org')
  await settle(ann, 'ann@b.org')
  expect(await emails.holder('a@b.org')).toBeUndefined()
  expect(await settle(bob, 'a@b.org', LATER)).toBe('a@b.org')
  await emails.remove(caller(bob), proven)
  expect(await settle(cat, 'a@b.org', new Date(LATER.getTime() + 61_000))).toBe('a@b.org')
  expect((await emails.holder('a@b.org'))?.userId).toBe(cat)
})

test('of two who confirm the same address at the same moment, one gets it', async () => {
  const { person, caller, emails, newest, confirm, queries } = await house()
  const people = [await person('ann'), await person('bob')]
  const links = []
  for (const userId of people) {
    await emails.set('a@b.org', caller(userId), proven)
    links.push(newest())
  }
  const answers = await Promise.all(links.map((code) => confirm(code)))
  expect(new Set(answers)).toEqual(new Set(['a@b.org', ErrorReason.EMAIL_TAKEN]))
  const owners = await Promise.all(people.map(async (userId) => (await queries.get(userId)).email))
  expect(new Set(owners)).toEqual(new Set(['', 'a@b.org']))
})

test('a deleted account leaves neither its address nor its claim in the log', async () => {
  const { person, settle, commands, caller, deps, deletions, reader, external, emailStore, store } = await house()
  const ann = await person('ann')
  await settle(ann, 'unforgettable@b.org')
  await commands.run(ann, { type: 'Delete' }, caller(ann))
  const sessions = { endAll: async () => 0 }
  await new Departures(deps, deletions, reader, external, emailStore, commands, sessions).round(NOW)
  const log = await store.read(IDENTITY_STREAM, { afterSeq: 0, limit: 100 })
  expect(log.map(({ bytes }) => Buffer.from(bytes).toString('latin1')).join()).not.toContain('unforgettable')
  const claim = emailSubject(new LetterCodes(SECRET).keyOf('unforgettable@b.org'))
  expect(log.map(({ subject }) => subject)).not.toContain(claim)
})
