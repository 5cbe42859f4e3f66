import { commandCommit, MemoryEventStore } from '@beseda/event-log'
import { fold, newId } from '@beseda/kernel'
import { groupFilter, historyStream, historySubject, PEOPLE_STREAM } from '@beseda/proto'
import { Role } from '@beseda/proto/common/v1/roles'
import fc from 'fast-check'
import { describe, expect, onTestFinished, test } from 'vitest'
import { replica } from '../../../testing/scheduled.js'
import { SqliteRosterStore } from '../adapters/views/roster-store.js'
import { rosterView } from '../adapters/views/roster-view.js'
import { rosterEventsOf } from '../domain/roster/changes.js'
import type { RosterCommand } from '../domain/roster/commands.js'
import { rosterDecider } from '../domain/roster/decide.js'
import type { Roster } from '../domain/roster/roster.js'
import { foundedBody } from '../domain/roster/testing.js'
import { callerOf, commandsOn } from './testing.js'

const STREAM = historyStream(0)
type Step = readonly [actorId: string, command: RosterCommand]

/** A group in a log and in a view, after commands that are all accepted. */
async function groupAfter(memberIds: readonly string[], steps: readonly Step[]) {
  const store = new MemoryEventStore()
  const { history, projection, stop } = await replica(store, [STREAM, PEOPLE_STREAM], rosterView)
  const groupId = newId()
  const commit = commandCommit({ commandId: groupId, actorId: 'owner', now: new Date(0) }, [foundedBody(memberIds)])
  await store.append({ stream: STREAM, subject: historySubject(0, groupId, 'group'), commit })
  await projection.waitFor(STREAM, 1)
  const commands = commandsOn(history)
  const run = (actorId: string, command: RosterCommand) => commands.run(groupId, command, callerOf(actorId))
  for (const [actorId, command] of steps) await run(actorId, command)
  /** By the log alone. */
  const folded = async (): Promise<Roster> => {
    const stored = await store.read(STREAM, { afterSeq: 0, filter: groupFilter(0, groupId), limit: 1_000 })
    return fold(rosterDecider, stored.flatMap(rosterEventsOf))
  }
  const loaded = () => new SqliteRosterStore(projection).load(groupId).state
  return { run, folded, loaded, stop }
}

const ownerOf = ({ members }: Roster) => [...members].find(([, { role }]) => role === Role.OWNER)?.[0]

async function heirAfter(memberIds: readonly string[], ...steps: readonly Step[]) {
  const { run, folded, loaded, stop } = await groupAfter(memberIds, steps)
  onTestFinished(() => stop())
  const pure = rosterDecider.decide({ type: 'RemoveDeletedAccount', actorId: 'owner', now: 0 }, await folded())
  const { events } = await run('owner', { type: 'RemoveDeletedAccount' })
  expect(events).toEqual(pure)
  expect(ownerOf(loaded())).toBe(ownerOf(await folded()))
  return ownerOf(loaded())
}

const admin = (userId: string): Step => ['owner', { type: 'ChangeRole', userId, role: Role.ADMIN }]
const leaveAndReturn = (userId: string): readonly Step[] => [
  [userId, { type: 'LeaveGroup' }],
  ['owner', { type: 'AddMembers', userIds: [userId] }],
]

describe('the group of a deleted account passes to', () => {
  test('the first of its founders: they joined at the same time, and ids are random', async () => {
    expect(await heirAfter(['owner', 'zoe', 'ann'])).toBe('zoe')
  })

  test('an admin rather than a member, whoever joined first', async () => {
    expect(await heirAfter(['owner', 'zoe', 'ann'], admin('ann'))).toBe('ann')
  })

  test('the longest-standing admin, not the one who became admin first', async () => {
    expect(await heirAfter(['owner', 'zoe', 'ann'], admin('ann'), admin('zoe'))).toBe('zoe')
  })

  test('the first of several who were added at once', async () => {
    const added: Step = ['owner', { type: 'AddMembers', userIds: ['zoe', 'ann'] }]
    expect(await heirAfter(['owner'], added)).toBe('zoe')
  })

  test('a member who stayed, not one who left and came back', async () => {
    expect(await heirAfter(['owner', 'zoe', 'ann'], ...leaveAndReturn('zoe'))).toBe('ann')
  })

  test('the same person by the log and by the view, whatever happened before', async () => {
    const person = fc.constantFrom('zoe', 'ann', 'bob', 'kim')
    const step = fc.oneof(
      person.map((userId) => [admin(userId)]),
      person.map(leaveAndReturn),
      person.map((userId): Step[] => [
        ['owner', { type: 'RemoveMember', userId }],
        ['owner', { type: 'AddMembers', userIds: [userId] }],
      ]),
    )
    await fc.assert(
      fc.asyncProperty(
        fc.shuffledSubarray(['zoe', 'ann', 'bob', 'kim'], { minLength: 4 }),
        fc.array(step),
        async (others, steps) => {
          const { run, folded, loaded, stop } = await groupAfter(['owner', ...others], steps.flat())
          const { members } = loaded()
          const admins = [...members].filter(([, { role }]) => role === Role.ADMIN)
          const expected = (admins[0] ?? [...members].find(([userId]) => userId !== 'owner'))?.[0]
          await run('owner', { type: 'RemoveDeletedAccount' })
          expect([ownerOf(loaded()), ownerOf(await folded())]).toEqual([expected, expected])
          await stop()
        },
      ),
      { numRuns: 50 },
    )
  })
})
