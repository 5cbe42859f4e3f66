import { MemoryEventStore } from '@beseda/event-log'
import { newId } from '@beseda/kernel'
import { PEOPLE_STREAM } from '@beseda/proto'
import { WhoMayAdd } from '@beseda/proto/identity/v1/events'
import { expect, test } from 'vitest'
import { Privacy } from './privacy.js'

const { EVERYBODY, CONTACTS, NOBODY } = WhoMayAdd
const by = (userId: string, commandId = newId()) => ({ commandId, userId, now: new Date(1_000) })

test('everybody may add people who have chosen nothing; others keep their own choice', async () => {
  const privacy = new Privacy({ store: new MemoryEventStore() })
  await privacy.set(CONTACTS, by('ann'))
  expect([await privacy.whoMayAdd('ann'), await privacy.whoMayAdd('bob')]).toEqual([CONTACTS, EVERYBODY])
})

test('the last choice counts, whichever replica is asked; what is so already writes nothing', async () => {
  const store = new MemoryEventStore()
  const [one, other] = [new Privacy({ store }), new Privacy({ store })]
  await one.set(EVERYBODY, by('ann'))
  expect((await store.info(PEOPLE_STREAM)).lastSeq).toBe(0)
  await one.set(NOBODY, by('ann'))
  await other.set(CONTACTS, by('ann'))
  await one.set(CONTACTS, by('ann'))
  expect((await store.info(PEOPLE_STREAM)).lastSeq).toBe(2)
  expect(await one.whoMayAdd('ann')).toBe(CONTACTS)
})
