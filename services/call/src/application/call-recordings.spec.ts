import { newId } from '@beseda/kernel'
import { GroupKind } from '@beseda/proto/group/v1/events'
import { beforeEach, expect, test } from 'vitest'
import { type CallWorld, callWorld, deviceOf, refusalOf } from '../../../testing/calls.js'
import { CallRecordings } from './call-recordings.js'

const NOW = Date.UTC(2026, 0, 1)
const NEVER = new AbortController().signal

let world: CallWorld
let recordings: CallRecordings
/** Recordings that there is something to deliver of. */
let begun: string[]
beforeEach(() => {
  world = callWorld()
  begun = []
  const authorize = async (_: string, recordingId: string) => void begun.push(recordingId)
  recordings = new CallRecordings(world.sessions, world.members, { authorize })
})

/** A call of all these people; the first owns the group. */
async function callOf(userIds: readonly string[], kind = GroupKind.GROUP, admins: readonly string[] = []) {
  const groupId = world.group(userIds, kind, admins)
  const [first = '', ...others] = userIds
  const { id: callId } = await world.start(groupId, deviceOf(first), NOW)
  for (const userId of others) await world.join(groupId, callId, deviceOf(userId), NOW)
  const place = { groupId, callId }
  const start = (userId: string) =>
    recordings.start(place, { commandId: newId(), soundOnly: false }, deviceOf(userId), NOW, NEVER)
  const at = (recordingId: string) => ({ ...place, recordingId })
  const going = () => world.session(groupId)?.recording
  return { groupId, start, at, going }
}

test('members record in groups, admins in channels, and who is muted nowhere', async () => {
  const group = await callOf(['ann', 'bob'])
  expect(await refusalOf(group.start('bob'))).toBe('accepted')
  expect(group.going()).toMatchObject({ userId: 'bob', deviceId: deviceOf('bob').deviceId })
  expect(begun).toEqual([group.going()?.id])
  expect(await refusalOf(group.start('a stranger'))).toBe('NOT_A_MEMBER')
  const channel = await callOf(['cat', 'dan', 'eve'], GroupKind.CHANNEL, ['dan'])
  expect(await refusalOf(channel.start('eve'))).toBe('NOT_PERMITTED')
  world.members.groups.get(channel.groupId)?.mutes.set('dan', NOW + 1)
  expect(await refusalOf(channel.start('dan'))).toBe('MUTED')
  world.members.groups.get(channel.groupId)?.mutes.clear()
  expect(await refusalOf(channel.start('dan'))).toBe('accepted')
})

test('whoever started it and admins pause and stop it; nobody else', async () => {
  const { start, at, going } = await callOf(['ann', 'bob', 'cat', 'dan'], GroupKind.GROUP, ['cat'])
  await start('bob')
  const place = at(going()?.id ?? '')
  const pause = (userId: string, paused: boolean) => refusalOf(recordings.pause(place, paused, userId, NOW, NEVER))
  const stop = (userId: string) => refusalOf(recordings.stop(place, userId, NOW, NEVER))
  expect([await pause('dan', true), await stop('dan'), await stop('a stranger')]).toEqual([
    'NOT_PERMITTED',
    'NOT_PERMITTED',
    'NOT_A_MEMBER',
  ])
  expect(await pause('cat', true)).toBe('accepted')
  expect(going()?.paused).toBe(true)
  expect(await pause('bob', false)).toBe('accepted')
  expect(going()?.paused).toBe(false)
  expect(await stop('ann')).toBe('accepted')
  expect(going()).toBeUndefined()
  // It is over, whoever asks.
  expect([await stop('dan'), await pause('bob', true)]).toEqual(['accepted', 'RECORDING_NOT_FOUND'])
})

test('in a direct chat the other one stops it, too; who has blocked cannot answer any more', async () => {
  const { groupId, start, at, going } = await callOf(['ann', 'bob'], GroupKind.DIRECT)
  await start('ann')
  const place = at(going()?.id ?? '')
  const answer = (agrees: boolean) => refusalOf(recordings.answer(place, agrees, deviceOf('bob'), NOW, NEVER))
  expect(await answer(true)).toBe('accepted')
  expect(going()?.agreed).toEqual(['bob'])
  const group = world.members.groups.get(groupId)
  if (group) group.blocked = true
  expect(await answer(false)).toBe('BLOCKED')
  if (group) group.blocked = false
  expect(await refusalOf(recordings.stop(place, 'bob', NOW, NEVER))).toBe('accepted')
  expect(going()).toBeUndefined()
  expect((await world.logged(groupId)).slice(-2)).toEqual(['callRecordingStarted', 'callRecordingEnded'])
})
