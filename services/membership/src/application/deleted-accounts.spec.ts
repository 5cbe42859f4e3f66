import { commandCommit } from '@beseda/event-log'
import { newId } from '@beseda/kernel'
import { goneSubject, historyStream, historySubject, PEOPLE_STREAM } from '@beseda/proto'
import { GroupCreatedSchema, GroupKind } from '@beseda/proto/group/v1/events'
import { PersonGoneSchema } from '@beseda/proto/identity/v1/events'
import { create } from '@bufbuild/protobuf'
import { expect, onTestFinished, test } from 'vitest'
import { BrokenLog } from '../../../testing/broken-log.js'
import { replica } from '../../../testing/scheduled.js'
import { SqliteDeletedAccounts } from '../adapters/views/deleted-accounts.js'
import { SqliteRosterStore } from '../adapters/views/roster-store.js'
import { rosterView } from '../adapters/views/roster-view.js'
import { DeletedAccountRemoval } from './deleted-accounts.js'
import { commandsOn } from './testing.js'

const STREAM = historyStream(0)
const NOW = new Date('2026-01-01T00:00:00Z')

test('a deleted account leaves every group but the one that cannot be written to, and that one in a later round', async () => {
  const store = new BrokenLog()
  const { history, projection, stop } = await replica(store, [STREAM, PEOPLE_STREAM], rosterView)
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
  const removal = new DeletedAccountRemoval(new SqliteDeletedAccounts(projection), commandsOn(history))
  const rosters = new SqliteRosterStore(projection)
  const withEve = () => groupIds.filter((id) => rosters.load(id).state.members.has('eve'))
  expect(withEve()).toEqual(groupIds)

  store.broken = broken
  await expect(removal.round(NOW)).rejects.toMatchObject({ failures: [{ message: `group ${broken}, person eve` }] })
  expect(withEve()).toEqual([broken])
  store.broken = undefined
  await removal.round(NOW)
  expect(withEve()).toEqual([])
})
