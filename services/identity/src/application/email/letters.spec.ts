import { MemoryEventStore } from '@beseda/event-log'
import { newId, Refusal } from '@beseda/kernel'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { LetterKind, LetterSchema } from '@beseda/proto/mail/v1/letter'
import { create, toBinary } from '@bufbuild/protobuf'
import { expect, onTestFinished, test } from 'vitest'
import { FOUNDER_CODE, identityOn } from '../../../../testing/identity.js'
import type { AccountCommand } from '../../domain/accounts/account.js'
import { codeHash } from './letter-codes.js'

const NOW = new Date('2026-01-01T00:00:00Z')
const ANN = { username: 'ann', displayName: 'Ann', password: 'correct horse', locale: 'ru', code: FOUNDER_CODE }
const after = (ms: number) => new Date(NOW.getTime() + ms)
const reasonOf = (error: unknown) => (error instanceof Refusal ? error.reason : error)

async function house() {
  const identity = await identityOn(new MemoryEventStore())
  onTestFinished(() => identity.stop())
  const { registration, emails, codes, queued, letters, passwords, administrators } = identity
  const { userId } = await registration.register(ANN, { commandId: newId(), now: NOW })
  const caller = () => ({ commandId: newId(), userId, now: NOW })
  const newest = () => [...queued.values()].at(-1)!
  await emails.set('ann@b.org', caller(), async () => ({}))
  const confirmation = newest()
  const confirm = () => emails.confirm(codes.codeOf(confirmation.id), { commandId: newId(), now: NOW })
  const reset = (code: string, now: Date) =>
    passwords.reset(codeHash(code), 'a new horse', { commandId: newId(), now }, administrators).catch(reasonOf)
  const run = (command: AccountCommand) => identity.commands.run(userId, command, caller())
  const ask = async (address: string, now = NOW) => {
    await letters.requestReset(address, now)
    return newest()
  }
  return { ...identity, userId, confirmation, newest, confirm, reset, run, ask }
}

test('a confirmation is prepared the same each time, until the link was opened, replaced or has expired', async () => {
  const { letters, confirmation, confirm, emails, userId } = await house()
  const first = await letters.prepare(confirmation, NOW)
  expect(first).toMatchObject({ address: 'ann@b.org', account: { locale: 'ru' } })
  expect(await letters.prepare(confirmation, after(5_000))).toEqual(first)
  expect(await letters.prepare(confirmation, after(24 * 3_600_000))).toBeUndefined()
  await confirm()
  expect(await letters.prepare(confirmation, NOW)).toBeUndefined()
  await emails.set('ann@c.org', { commandId: newId(), userId, now: NOW }, async () => ({}))
  expect(await letters.prepare(confirmation, NOW)).toBeUndefined()
})

test('a link for a new password works once and for half an hour', async () => {
  const { letters, confirm, ask, reset } = await house()
  await confirm()
  const letter = await ask('Ann@B.org')
  const prepared = await letters.prepare(letter, after(1_000))
  expect(prepared).toMatchObject({ address: 'ann@b.org', account: { username: 'ann' } })
  expect(await letters.prepare(letter, after(2_000))).toMatchObject({ code: prepared?.code })
  expect(await reset(prepared?.code ?? '', after(30 * 60_000))).toBe(ErrorReason.RESET_EXPIRED)
  expect(await letters.prepare(letter, after(30 * 60_000))).toBeUndefined()
  expect(await reset(prepared?.code ?? '', after(3_000))).toMatchObject({ username: 'ann' })
  expect(await reset(prepared?.code ?? '', after(4_000))).toBe(ErrorReason.RESET_EXPIRED)
  // Handed out again after a crash: the link was used, so there is nothing to send.
  expect(await letters.prepare(letter, after(5_000))).toBeUndefined()
})

test('an address that nobody has confirmed is asked for like any other, and gets nothing', async () => {
  const { letters, ask, queued } = await house()
  for (const address of ['ann@b.org', 'nobody@b.org']) {
    const letter = await ask(address)
    expect(letter).toMatchObject({ userId: '' })
    expect(Buffer.from(toBinary(LetterSchema, letter)).toString('latin1')).not.toContain(address)
    expect(await letters.prepare(letter, NOW)).toBeUndefined()
  }
  expect(queued.size).toBe(3)
  expect(await letters.requestReset('ann@b.org,bob@b.org', NOW).catch(reasonOf)).toBe(ErrorReason.BAD_EMAIL)
})

test('however often an address is asked for, it gets one letter in five minutes, and its link goes on working', async () => {
  const { letters, confirm, ask, queued, reset } = await house()
  await confirm()
  const letter = await ask('ann@b.org')
  const { code = '' } = (await letters.prepare(letter, NOW)) ?? {}
  const before = queued.size
  for (let s = 1; s < 300; s += 20) await ask('ANN@b.org', after(s * 1_000))
  expect(queued.size).toBe(before)
  await ask('ann@b.org', after(300_000))
  expect(queued.size).toBe(before + 1)
  expect(await reset(code, after(299_000))).toMatchObject({ username: 'ann' })
})

test.each<[string, AccountCommand]>([
  ['disabled', { type: 'SetDisabled', disabled: true }],
  ['deleted', { type: 'Delete' }],
  ['without that address', { type: 'RemoveEmail' }],
])('an account that is %s gets no link', async (_, command) => {
  const { letters, confirm, ask, run } = await house()
  await confirm()
  const letter = await ask('ann@b.org')
  await run(command)
  expect(await letters.prepare(letter, NOW)).toBeUndefined()
})

test('the link of an address that was given up does not set a password', async () => {
  const { letters, confirm, ask, run, reset } = await house()
  await confirm()
  const { code = '' } = (await letters.prepare(await ask('ann@b.org'), NOW)) ?? {}
  await run({ type: 'RemoveEmail' })
  expect(await reset(code, after(1_000))).toBe(ErrorReason.RESET_EXPIRED)
})

test('no link goes to an address that the account had until a moment before', async () => {
  const { letters, confirm, ask, emails, codes, newest, userId, commands } = await house()
  await confirm()
  const letter = await ask('ann@b.org')
  await emails.set('ann@c.org', { commandId: newId(), userId, now: NOW }, async () => ({}))
  const code = codes.codeOf(newest().id)
  const run = commands.run.bind(commands)
  // Between finding whose the address is and writing that a link was sent, the other one is confirmed.
  commands.run = async (accountId, command, ...rest) => {
    if (command.type === 'MailPasswordReset') await emails.confirm(code, { commandId: newId(), now: NOW })
    return run(accountId, command, ...rest)
  }
  expect(await letters.prepare(letter, NOW)).toBeUndefined()
})

test('a former address is told that the account no longer has it, unless it came back', async () => {
  const { letters, confirm, emails, codes, newest, userId, queued } = await house()
  await confirm()
  const caller = (now: Date) => ({ commandId: newId(), userId, now })
  const before = queued.size
  await emails.set('ann@c.org', caller(NOW), async () => ({}))
  await emails.confirm(codes.codeOf(newest().id), { commandId: newId(), now: NOW })
  const left = newest()
  expect(queued.size).toBe(before + 2)
  expect(Buffer.from(toBinary(LetterSchema, left)).toString('latin1')).not.toContain('ann@b.org')
  expect(await letters.prepare(left, after(1_000))).toMatchObject({ address: 'ann@b.org', code: '' })
  await emails.set('Ann@b.org', caller(after(61_000)), async () => ({}))
  await emails.confirm(codes.codeOf(newest().id), { commandId: newId(), now: after(61_000) })
  expect(await letters.prepare(left, after(62_000))).toBeUndefined()
  await emails.remove(caller(after(63_000)), async () => ({}))
  expect(await letters.prepare(newest(), after(64_000))).toMatchObject({ address: 'Ann@b.org' })
})

test('a letter about what was missed goes to whoever has confirmed an address, and is not disabled', async () => {
  const { letters, confirm, userId, run } = await house()
  const missed = create(LetterSchema, { id: newId(), kind: LetterKind.MISSED, userId })
  const reachable = async () => (await letters.reachable([userId, newId()])).map((account) => account.userId)
  expect([await letters.prepare(missed, NOW), await reachable()]).toEqual([undefined, []])
  await confirm()
  expect(await letters.prepare(missed, NOW)).toMatchObject({ address: 'ann@b.org', code: '' })
  expect(await reachable()).toEqual([userId])
  await run({ type: 'RemoveEmail' })
  expect([await letters.prepare({ ...missed, kind: LetterKind.DIGEST }, NOW), await reachable()]).toEqual([
    undefined,
    [],
  ])
})
