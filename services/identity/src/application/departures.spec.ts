import { newId } from '@beseda/kernel'
import { InstallationSecret } from '@beseda/platform'
import { IDENTITY_STREAM, PEOPLE_STREAM } from '@beseda/proto'
import { expect, onTestFinished, test } from 'vitest'
import { BrokenLog } from '../../../testing/broken-log.js'
import { replica } from '../../../testing/scheduled.js'
import { directoryView } from '../projections/directory.js'
import { unsettledDeletions } from '../projections/queries.js'
import { Accounts } from './accounts.js'
import { CommandKeys } from './command-keys.js'
import { Departures } from './departures.js'
import type { Sessions } from './sessions.js'
import { SignInThrottle } from './sign-in-throttle.js'

const SECRET = InstallationSecret.of(Buffer.alloc(32, 1))
const KEYS = new CommandKeys(SECRET)
const NOW = new Date('2026-01-01T00:00:00Z')

test('an account that cannot be taken out of the log keeps no other in it', async () => {
  const store = new BrokenLog()
  const { history, projection, stop } = await replica(store, [IDENTITY_STREAM, PEOPLE_STREAM], directoryView)
  onTestFinished(() => stop())
  const failures = { get: async () => undefined, put: async () => true, delete: async () => {} }
  const throttle = new SignInThrottle(failures, SECRET)
  const accounts = new Accounts(history.deps, KEYS, throttle, { require: async () => {} })
  const sessions = { list: async () => new Map(), end: async () => {} } as unknown as Sessions
  const departures = new Departures(history.deps, accounts, sessions)
  const people = [1, 2].map((n) => `018f0000-0000-7000-8000-00000000000${n}`)
  for (const userId of people) {
    const caller = () => ({ commandId: newId(), userId, now: NOW })
    const command = {
      type: 'Register',
      displayName: `Unforgettable ${userId}`,
      passwordHash: 'x',
      locale: 'en',
    } as const
    await accounts.open({ ...command, username: `u${userId.slice(-8)}` }, { ...caller(), commandId: userId })
    await accounts.run({ type: 'Delete' }, caller())
  }
  const left = async () => {
    const log = await store.read(IDENTITY_STREAM, { afterSeq: 0, limit: 100 })
    const text = log.map(({ bytes }) => Buffer.from(bytes).toString()).join()
    return people.filter((userId) => text.includes(`Unforgettable ${userId}`))
  }
  const unsettled = () => unsettledDeletions(projection.view).map(({ user_id }) => user_id)
  expect(await left()).toEqual(people)

  store.broken = people[0]
  await expect(departures.round(NOW)).rejects.toMatchObject({ failures: [{ message: `account ${people[0]}` }] })
  store.broken = undefined
  expect(await left()).toEqual([people[0]])
  expect(unsettled()).toEqual([people[0]])
  await departures.round(NOW)
  expect(await left()).toEqual([])
  expect(unsettled()).toEqual([])
})
