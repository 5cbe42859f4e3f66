import { MemoryEventStore } from '@beseda/event-log'
import { newId } from '@beseda/kernel'
import { expect, onTestFinished, test } from 'vitest'
import { FOUNDER_CODE, identityOn } from '../../../../testing/identity.js'
import { openSession } from '../../domain/sessions/session.js'
import { NewDevices } from './new-devices.js'

const NOW = new Date('2026-01-01T00:00:00Z')
const ANN = { username: 'ann', displayName: 'Ann', password: 'correct horse', locale: 'en', code: FOUNDER_CODE }
const PHONE = { id: 'phone', name: 'Firefox on Android' }

async function house({ mail = true, broken = false, before = [] as readonly string[] } = {}) {
  const identity = await identityOn(new MemoryEventStore(), { mail })
  onTestFinished(() => identity.stop())
  const { registration, letters, queued, emails, codes, queries } = identity
  const { userId } = await registration.register(ANN, { commandId: newId(), now: NOW })
  const known = new Set<string>()
  const failures: unknown[] = []
  const devices = new NewDevices(
    {
      add: async (who, deviceId) => {
        if (broken) throw new Error('the bus is away')
        const key = `${who} ${deviceId}`
        return !known.has(key) && known.add(key) === known
      },
    },
    { list: async () => new Map(before.map((id) => [newId(), openSession(id, 'before', 0)])) },
    letters,
    (error) => failures.push(error),
  )
  const signIn = async (device: typeof PHONE | undefined = PHONE) =>
    devices.signedIn(await queries.get(userId), device, newId(), NOW)
  const withAddress = async () => {
    await emails.set('ann@b.org', { commandId: newId(), userId, now: NOW }, async () => ({}))
    await emails.confirm(codes.codeOf([...queued.keys()].at(-1) ?? ''), { commandId: newId(), now: NOW })
    queued.clear()
  }
  return { ...identity, userId, signIn, withAddress, failures }
}

test('a device is told of when it signs in for the first time, with its name, to whoever has an address', async () => {
  const { signIn, withAddress, queued, letters } = await house()
  await signIn()
  await withAddress()
  await signIn()
  expect(queued.size).toBe(0)
  await signIn({ id: 'laptop', name: 'Chromium on Linux' })
  const [letter] = [...queued.values()]
  expect(await letters.prepare(letter!, NOW)).toMatchObject({ address: 'ann@b.org', deviceName: 'Chromium on Linux' })
  expect(JSON.stringify({ ...letter, writtenAt: undefined })).not.toContain('Chromium')
})

test('not of one that was signed in before there was mail, nor of a program without an id of its own', async () => {
  const { signIn, withAddress, queued } = await house({ before: ['phone'] })
  await withAddress()
  await signIn()
  await signIn(undefined)
  expect(queued.size).toBe(0)
})

test('nobody is kept from signing in by a letter that cannot be queued', async () => {
  const { signIn, withAddress, failures } = await house({ broken: true })
  await withAddress()
  await signIn()
  expect(failures).toHaveLength(1)
})

test('where there is no mail, no device is remembered', async () => {
  const { signIn, failures, queued } = await house({ mail: false, broken: true })
  await signIn()
  expect([failures, queued.size]).toEqual([[], 0])
})

test('who has given up the address meanwhile gets no letter', async () => {
  const { signIn, withAddress, queued, letters, commands, userId } = await house()
  await withAddress()
  await signIn()
  const [letter] = [...queued.values()]
  await commands.run(userId, { type: 'RemoveEmail' }, { commandId: newId(), userId, now: NOW })
  expect(await letters.prepare(letter!, NOW)).toBeUndefined()
})
