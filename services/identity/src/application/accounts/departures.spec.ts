import { newId } from '@beseda/kernel'
import { IDENTITY_STREAM, PEOPLE_STREAM } from '@beseda/proto'
import { Admission } from '@beseda/proto/identity/v1/events'
import { expect, onTestFinished, test } from 'vitest'
import { BrokenLog } from '../../../../testing/broken-log.js'
import { identityOn } from '../../../../testing/identity.js'
import { Departures } from './departures.js'

const NOW = new Date('2026-01-01T00:00:00Z')

async function departing() {
  const store = new BrokenLog()
  const identity = await identityOn(store)
  onTestFinished(() => identity.stop())
  const { deps, deletions, reader, external, emailStore, commands, registration } = identity
  const signedOut: string[] = []
  const sessions = { endAll: async (userId: string) => signedOut.push(userId) }
  const departures = new Departures(deps, deletions, reader, external, emailStore, commands, sessions)
  const caller = (userId: string) => ({ commandId: newId(), userId, now: NOW })
  const register = (userId: string) =>
    registration.open(
      userId,
      {
        type: 'Register',
        admission: Admission.OPEN,
        username: `u${userId.slice(-8)}`,
        displayName: `Unforgettable ${userId}`,
        passwordHash: 'x',
        locale: 'en',
      },
      caller(userId),
    )
  return { ...identity, store, departures, signedOut, caller, register }
}

test('an account that cannot be taken out of the log does not hold up the others', async () => {
  const { store, departures, deletions, commands, caller, register } = await departing()
  const people = [1, 2].map((n) => `018f0000-0000-7000-8000-00000000000${n}`)
  for (const userId of people) {
    await register(userId)
    await commands.run(userId, { type: 'Delete' }, caller(userId))
  }
  const left = async () => {
    const log = await store.read(IDENTITY_STREAM, { afterSeq: 0, limit: 100 })
    const text = log.map(({ bytes }) => Buffer.from(bytes).toString()).join()
    return people.filter((userId) => text.includes(`Unforgettable ${userId}`))
  }
  const unsettled = () => deletions.unsettled().map(({ userId }) => userId)
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

test('the bots of a deleted account go too, its sessions end, and every service is told', async () => {
  const { store, departures, bots, queries, commands, signedOut, caller, register } = await departing()
  const ann = newId()
  await register(ann)
  const { bot } = await bots.create({ username: 'bot', displayName: 'Bot', scopes: [] }, caller(ann))
  await commands.run(ann, { type: 'Delete' }, caller(ann))
  await departures.round(NOW)
  expect([ann, bot.userId].map((id) => queries.wasDeleted(id))).toEqual([true, true])
  expect(signedOut).toEqual([ann])
  // The deletion of the bot is for the next round.
  await departures.round(NOW)
  const told = await store.read(PEOPLE_STREAM, { afterSeq: 0, limit: 100 })
  expect(told.map(({ subject }) => subject)).toEqual([`people.${ann}.gone`, `people.${bot.userId}.gone`])
})
