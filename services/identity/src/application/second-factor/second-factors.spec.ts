import { createHmac } from 'node:crypto'
import { MemoryEventStore } from '@beseda/event-log'
import { newId, Refusal } from '@beseda/kernel'
import { InstallationSecret } from '@beseda/platform'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { expect, onTestFinished, test, vi } from 'vitest'
import { FOUNDER_CODE, identityOn, SECRET, sharedInMemory } from '../../../../testing/identity.js'
import { codeOf, counterOf } from '../../domain/second-factor/one-time-code.js'
import { AppSecrets } from './app-secrets.js'

const NOW = new Date('2026-01-01T00:00:00Z')
const at = (ms: number) => new Date(NOW.getTime() + ms)
const ANN = { username: 'ann', displayName: 'Ann', password: 'correct horse', locale: 'en' }
const reasonOf = (error: unknown) => (error instanceof Refusal ? error.reason : error)
const fine = async () => {}

/** As an app computes it: from the Base32 text that the person has typed. */
function codeFrom(secret: string, now: Date): string {
  const bits = [...secret].map((sign) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(sign).toString(2).padStart(5, '0'))
  const bytes = (bits.join('').match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2))
  const counter = counterOf(Math.floor(now.getTime() / 30_000))
  return codeOf(createHmac('sha1', Buffer.from(bytes)).update(counter).digest())
}

async function ann(store = new MemoryEventStore(), shared = sharedInMemory()) {
  const identity = await identityOn(store, { shared })
  onTestFinished(() => identity.stop())
  const { userId } = await identity.registration.register(
    { ...ANN, code: FOUNDER_CODE },
    { commandId: newId(), now: NOW },
  )
  const caller = (now = NOW, commandId = newId()) => ({ commandId, userId, now })
  const setUp = async (now = NOW) => {
    const started = await identity.secondFactors.start(caller(now), fine)
    const codes = await identity.secondFactors.add(started.flow, codeFrom(started.secret, now), caller(now))
    return { ...started, codes }
  }
  return { ...identity, store, shared, userId, caller, setUp }
}

test('is on after the first code of the app, and not before', async () => {
  const { secondFactors, caller, queries, userId } = await ann()
  const { secret, uri, flow } = await secondFactors.start(caller(), fine)
  expect(secret).toMatch(/^[A-Z2-7]{32}$/)
  expect(uri).toContain(`secret=${secret}`)
  expect(await secondFactors.add(flow, '000000', caller()).catch(reasonOf)).toBe(ErrorReason.WRONG_CODE)
  expect((await queries.get(userId)).secondFactor).toBeUndefined()
  const codes = await secondFactors.add(flow, codeFrom(secret, NOW), caller())
  expect(new Set(codes).size).toBe(10)
  expect((await queries.get(userId)).secondFactor?.recoveryHashes).toHaveLength(10)
  expect(await secondFactors.start(caller(), fine).catch(reasonOf)).toBe(ErrorReason.SECOND_FACTOR_ON)
})

test('a set-up is finished by the person who began it, within ten minutes', async () => {
  const { secondFactors, caller } = await ann()
  const { secret, flow } = await secondFactors.start(caller(), fine)
  const late = at(10 * 60_000)
  const other = { ...caller(), userId: newId() }
  for (const [who, now] of [
    [other, NOW],
    [caller(late), late],
  ] as const) {
    expect(await secondFactors.add(flow, codeFrom(secret, now), who).catch(reasonOf)).toBe(ErrorReason.SIGN_IN_FAILED)
  }
})

test('nothing of the secret or the codes is in the log', async () => {
  const { store, setUp } = await ann()
  const { secret, codes } = await setUp()
  const stored = await store.read('IDENTITY', { afterSeq: 0, limit: 100 })
  const text = Buffer.concat(stored.map(({ bytes }) => Buffer.from(bytes))).toString('latin1')
  expect(text).toContain('Ann')
  const bytes = secret.match(/.{8}/g)?.map((part) => Buffer.from(part)) ?? []
  for (const told of [secret, ...codes, ...codes.map((code) => code.replaceAll('-', '')), ...bytes]) {
    expect(text.includes(told.toString())).toBe(false)
  }
})

test('a secret opens only for its account, and only with the key of the installation', () => {
  const secrets = new AppSecrets(SECRET)
  const [secret, sealed] = [Buffer.alloc(20, 5), secrets.seal(Buffer.alloc(20, 5), 'ann')]
  expect(secrets.open(sealed, 'ann')).toEqual(secret)
  expect(sealed.includes(secret)).toBe(false)
  expect(secrets.open(sealed, 'bob')).toBeUndefined()
  expect(new AppSecrets(InstallationSecret.of(Buffer.alloc(32, 9))).open(sealed, 'ann')).toBeUndefined()
})

test('a repeated command gives the recovery codes again, as long as they are the newest', async () => {
  const { secondFactors, caller, setUp } = await ann()
  const { secret } = await setUp()
  const again = caller(at(60_000))
  const codes = await secondFactors.replaceCodes(codeFrom(secret, again.now), again, fine)
  const unproven = async () => Promise.reject(new Refusal(ErrorReason.WRONG_PASSWORD))
  expect(await secondFactors.replaceCodes('', again, unproven)).toEqual(codes)
  const next = caller(at(120_000))
  await secondFactors.replaceCodes(codeFrom(secret, next.now), next, fine)
  expect(await secondFactors.replaceCodes('', again, fine).catch(reasonOf)).toBe(ErrorReason.COMMAND_ID_REUSED)
})

test('the first code is used up by the set-up', async () => {
  const { secondFactors, caller, setUp } = await ann()
  const { secret } = await setUp()
  const used = await secondFactors.confirmOwn(codeFrom(secret, NOW), caller()).catch(reasonOf)
  expect(used).toBe(ErrorReason.WRONG_CODE)
  await secondFactors.confirmOwn(codeFrom(secret, at(30_000)), caller(at(30_000)))
})

test.each([
  [-60_000, 'refused'],
  [-30_000, 'taken'],
  [0, 'taken'],
  [30_000, 'taken'],
  [60_000, 'refused'],
])('the code of a clock that is off by %i ms is %s', async (off, answer) => {
  const { secondFactors, caller, setUp } = await ann()
  const { secret } = await setUp()
  const now = at(600_000)
  const outcome = await secondFactors
    .confirmOwn(codeFrom(secret, new Date(now.getTime() + off)), caller(now))
    .then(() => 'taken', reasonOf)
  expect(outcome).toBe(answer === 'taken' ? 'taken' : ErrorReason.WRONG_CODE)
})

test('removing it, and new recovery codes, need the proof and a code', async () => {
  const { secondFactors, caller, queries, userId, setUp } = await ann()
  const { secret, codes } = await setUp()
  const unproven = async () => Promise.reject(new Refusal(ErrorReason.WRONG_PASSWORD))
  const now = at(60_000)
  const good = codeFrom(secret, now)
  for (const change of ['remove', 'replaceCodes'] as const) {
    const attempt = (code: string, prove: () => Promise<void>) =>
      secondFactors[change](code, caller(now), prove).catch(reasonOf)
    expect(await attempt(good, unproven)).toBe(ErrorReason.WRONG_PASSWORD)
    expect(await attempt('', fine)).toBe(ErrorReason.SECOND_FACTOR_REQUIRED)
    expect(await attempt('000000', fine)).toBe(ErrorReason.WRONG_CODE)
  }
  expect((await queries.get(userId)).secondFactor?.recoveryHashes).toHaveLength(10)
  await secondFactors.remove(codes[3] ?? '', caller(now), fine)
  expect((await queries.get(userId)).secondFactor).toBeUndefined()
  expect(await secondFactors.replaceCodes('', caller(), fine).catch(reasonOf)).toBe(ErrorReason.SECOND_FACTOR_OFF)
})

test('of two replicas that get one code at the same time, one takes it', async () => {
  const one = await ann()
  const { secret, codes } = await one.setUp()
  const other = await identityOn(one.store, { shared: one.shared })
  onTestFinished(() => other.stop())
  const now = at(60_000)
  for (const code of [codeFrom(secret, now), codes[0] ?? '']) {
    const both = [one.secondFactors, other.secondFactors].map((all) =>
      all.confirmOwn(code, one.caller(now)).then(() => 'taken', reasonOf),
    )
    expect((await Promise.all(both)).toSorted()).toEqual([ErrorReason.WRONG_CODE, 'taken'])
  }
})

test('a command that comes twice at the same time is carried out, whichever replicas get it', async () => {
  const one = await ann()
  const other = await identityOn(one.store, { shared: one.shared })
  onTestFinished(() => other.stop())
  const twice = (change: (all: typeof one.secondFactors) => Promise<unknown>) =>
    Promise.all([change(one.secondFactors), change(other.secondFactors)])
  const { secret, flow } = await one.secondFactors.start(one.caller(), fine)
  const adding = one.caller()
  const [codes, same] = await twice((all) => all.add(flow, codeFrom(secret, NOW), adding))
  expect(same).toEqual(codes)
  const replacing = one.caller(at(60_000))
  await twice((all) => all.replaceCodes(codeFrom(secret, replacing.now), replacing, fine))
  const removing = one.caller(at(120_000))
  await twice((all) => all.remove(codeFrom(secret, removing.now), removing, fine))
  expect((await one.queries.get(one.userId)).secondFactor).toBeUndefined()
})

test('a code that was shown for a command that failed proves nothing for another one under its id', async () => {
  const { secondFactors, commands, setUp, caller } = await ann()
  const { secret, codes } = await setUp()
  for (const code of [codeFrom(secret, at(60_000)), codes[0] ?? '']) {
    const seen = caller(at(60_000))
    const run = vi.spyOn(commands, 'run')
    run.mockImplementation(async (accountId, command, ...rest) => {
      if (command.type === 'ReplaceRecoveryCodes') throw new Error('the log does not answer')
      return Object.getPrototypeOf(commands).run.call(commands, accountId, command, ...rest)
    })
    await expect(secondFactors.replaceCodes(code, seen, fine)).rejects.toThrow('the log does not answer')
    run.mockRestore()
    expect(await secondFactors.remove(code, seen, fine).catch(reasonOf)).toBe(ErrorReason.WRONG_CODE)
  }
})

test('a change that was decided before the second factor was added is refused', async () => {
  const { secondFactors, caller, commands, setUp, userId } = await ann()
  const condition = await secondFactors.confirmOwn('', caller())
  await setUp()
  const late = commands.run(userId, { type: 'ChangePassword', passwordHash: 'thief' }, caller(), condition)
  expect(await late.catch(reasonOf)).toBe(ErrorReason.SECOND_FACTOR_REQUIRED)
})
