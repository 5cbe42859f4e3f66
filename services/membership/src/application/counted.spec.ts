import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { Discoverability } from '@beseda/proto/group/v1/events'
import { Registry } from 'prom-client'
import { expect, test } from 'vitest'
import { MembershipEvents } from '../events.js'
import { callerOf, openService } from './testing.js'

const settings = { discoverability: Discoverability.BY_REQUEST }

test('a request to join counts as a request, a retry as nothing, an approval as a join', async () => {
  const { commands, found, written } = await openService()
  const groupId = await found(['owner'], { settings })
  const caller = callerOf('eve')
  const ask = () => commands.run(groupId, { type: 'JoinGroup', note: '' }, caller)
  await ask()
  await ask()
  await commands.run(groupId, { type: 'ResolveJoinRequest', userId: 'eve', approve: true }, callerOf('owner'))
  expect(written.map(({ case: change }) => change)).toEqual(['joinRequested', 'memberJoined'])
})

test('every event is counted by its kind, and one line is logged for a command', async () => {
  const registry = new Registry()
  const lines: object[] = []
  const events = new MembershipEvents(registry, { info: (facts) => lines.push(facts) })
  const { commands, found, written } = await openService()
  const groupId = await found(['owner', 'ann'])
  await commands.run(groupId, { type: 'RemoveDeletedAccount' }, callerOf('owner'))
  events.changed(written, groupId, 'owner')
  events.changed([], groupId, 'owner')
  const { values } = await registry.getSingleMetric('beseda_roster_changes_total')!.get()
  expect(values.map(({ labels, value }) => [labels.change, value])).toEqual([
    ['ownershipTransferred', 1],
    ['memberLeft', 1],
  ])
  expect(lines).toEqual([{ changes: ['ownershipTransferred', 'memberLeft'], groupId, actorId: 'owner' }])
})

test('somebody without an account is not added', async () => {
  const { commands, found, written } = await openService({
    people: { unknown: async () => ['ghost'], ownersOf: async () => new Map() },
  })
  const groupId = await found(['owner'])
  const adding = commands.run(groupId, { type: 'AddMembers', userIds: ['ann', 'ghost'] }, callerOf('owner'))
  await expect(adding).rejects.toMatchObject({ reason: ErrorReason.USER_NOT_FOUND, metadata: { user_id: 'ghost' } })
  expect(written).toEqual([])
})
