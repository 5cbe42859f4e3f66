import { commandCommit } from '@beseda/event-log'
import { newId } from '@beseda/kernel'
import { goneSubject, historyStream, historySubject, PEOPLE_STREAM } from '@beseda/proto'
import { GroupCreatedSchema, GroupKind } from '@beseda/proto/group/v1/events'
import { PersonGoneSchema } from '@beseda/proto/identity/v1/events'
import { create } from '@bufbuild/protobuf'
import { expect, onTestFinished, test } from 'vitest'
import { BrokenLog } from '../../../testing/broken-log.js'
import { replica } from '../../../testing/scheduled.js'
import { membersOf } from '../projections/queries.js'
import { rostersView } from '../projections/rosters.js'
import { Departures } from './departures.js'
import { Rosters } from './rosters.js'

const STREAM = historyStream(0)
const NOW = new Date('2026-01-01T00:00:00Z')

test('somebody whose account is no more leaves every group but the one that cannot be written to, and that one later', async () => {
  const store = new BrokenLog()
  const { history, projection, stop } = await replica(store, [STREAM, PEOPLE_STREAM], rostersView)
  onTestFinished(() => stop())
  const groupIds = [1, 2, 3].map((n) => `018f0000-0000-7000-8000-00000000000${n}`)
  const [broken] = groupIds
  for (const groupId of groupIds) {
    const value = create(GroupCreatedSchema, { kind: GroupKind.GROUP, ownerId: 'ann', memberIds: ['ann', 'eve'] })
    const commit = commandCommit({ commandId: groupId, actorId: 'ann', now: NOW }, [{ case: 'groupCreated', value }])
    await store.append({ stream: STREAM, subject: historySubject(0, groupId, 'group'), commit })
  }
  const commit = commandCommit({ commandId: newId(), actorId: 'eve', now: NOW }, [
    { case: 'personGone', value: create(PersonGoneSchema) },
  ])
  await store.append({ stream: PEOPLE_STREAM, subject: goneSubject('eve'), commit })
  await projection.waitFor(STREAM, groupIds.length)
  await projection.waitFor(PEOPLE_STREAM, 1)
  const departures = new Departures(history, new Rosters(history))
  const withEve = () => groupIds.filter((id) => membersOf(projection.view, id).some(({ user_id }) => user_id === 'eve'))
  expect(withEve()).toEqual(groupIds)

  store.broken = broken
  await expect(departures.round(NOW)).rejects.toMatchObject({ failures: [{ message: `group ${broken}, person eve` }] })
  expect(withEve()).toEqual([broken])
  store.broken = undefined
  await departures.round(NOW)
  expect(withEve()).toEqual([])
})
