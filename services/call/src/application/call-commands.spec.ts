import { newId, Refusal } from '@beseda/kernel'
import { CallState, InviteeState } from '@beseda/proto/call/v1/call_service'
import { CallEndReason } from '@beseda/proto/call/v1/events'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { GroupKind } from '@beseda/proto/group/v1/events'
import { beforeEach, describe, expect, test } from 'vitest'
import { type CallWorld, callWorld, deviceOf, isOver, peopleIn, RING_MS, refusalOf } from '../../../testing/calls.js'
import { LEASE_MS, MAX_CALL_MS } from '../domain/session.js'

const [ann, bob, cat] = ['ann', 'bob', 'cat'].map((userId) => deviceOf(userId)) as [
  ReturnType<typeof deviceOf>,
  ReturnType<typeof deviceOf>,
  ReturnType<typeof deviceOf>,
]
const NOW = Date.UTC(2026, 0, 1)

let world: CallWorld
beforeEach(() => {
  world = callWorld()
})
const direct = (...userIds: string[]) => world.group(userIds, GroupKind.DIRECT)
const invitees = (groupId: string) =>
  world.session(groupId)?.invitees.map(({ userId, state }) => [userId, InviteeState[state]])

describe('starting', () => {
  test('in a direct chat rings the other person, whether asked to or not', async () => {
    const groupId = direct('ann', 'bob')
    await world.start(groupId, ann, NOW, { ring: false })
    expect(invitees(groupId)).toEqual([['bob', 'RINGING']])
    expect(await world.logged(groupId)).toEqual(['callStarted', 'callJoined'])
    expect(world.notices).toHaveLength(1)
    expect(world.personal.groups).toEqual(new Map([['ann', groupId]]))
    expect(world.documents.dueAt(groupId)).toBe(NOW + LEASE_MS)
    expect(world.steps).toEqual(['start'])
  })

  test('in a group rings the others when asked to, and nobody when they are more than 24', async () => {
    const groupId = world.group(['ann', 'bob', 'cat'])
    await world.start(groupId, ann, NOW, { ring: false })
    expect(invitees(groupId)).toEqual([])
    const loud = world.group(['ann', 'bob', 'cat'])
    await world.commands.leaveCall(groupId, world.session(groupId)?.id ?? '', ann, NOW)
    await world.start(loud, ann, NOW)
    expect(invitees(loud)).toEqual([
      ['bob', 'RINGING'],
      ['cat', 'RINGING'],
    ])
    const others = Array.from({ length: 25 }, (_, i) => `person ${i}`)
    const large = world.group(['dan', ...others])
    await world.start(large, deviceOf('dan'), NOW)
    expect(invitees(large)).toEqual([])
  })

  test('in a channel is for admins, and rings nobody', async () => {
    const groupId = world.group(['ann', 'bob'], GroupKind.CHANNEL)
    expect(await refusalOf(world.start(groupId, bob, NOW))).toBe('NOT_PERMITTED')
    await world.start(groupId, ann, NOW)
    expect(invitees(groupId)).toEqual([])
  })

  test('is refused to a muted member, who may join a call of others', async () => {
    const groupId = world.group(['ann', 'bob', 'cat'])
    world.members.groups.get(groupId)?.mutes.set('bob', NOW + 1)
    expect(await refusalOf(world.start(groupId, bob, NOW))).toBe('MUTED')
    expect(world.session(groupId)).toBeUndefined()
    const { id } = await world.start(groupId, ann, NOW)
    await world.join(groupId, id, bob, NOW)
    expect(peopleIn(world.session(groupId))).toEqual(['ann', 'bob'])
    await world.commands.leaveCall(groupId, id, bob, NOW)
    await world.commands.leaveCall(groupId, id, ann, NOW)
    await world.start(groupId, bob, NOW + 1)
  })

  test('is refused to strangers, across a block, and in a chat that the other has left; nothing is written then', async () => {
    const groupId = direct('ann', 'bob')
    expect(await refusalOf(world.start(groupId, cat, NOW))).toBe('NOT_A_MEMBER')
    world.members.groups.get(groupId)!.blocked = true
    expect(await refusalOf(world.start(groupId, ann, NOW))).toBe('BLOCKED')
    const alone = direct('ann')
    expect(await refusalOf(world.start(alone, ann, NOW))).toBe('NOT_PERMITTED')
    expect([world.documents.documents.size, world.notices, world.steps]).toEqual([0, [], []])
  })

  test('finds a person busy who is in another call: a direct call ends at once, and a group rings only the others', async () => {
    const theirs = direct('bob', 'cat')
    await world.start(theirs, bob, NOW)
    const groupId = direct('ann', 'bob')
    const session = await world.start(groupId, ann, NOW)
    expect(session).toMatchObject({ state: CallState.ENDED, endReason: CallEndReason.BUSY })
    expect(world.documents.dueAt(groupId)).toBeUndefined()
    const club = world.group(['ann', 'bob', 'dan'])
    await world.start(club, ann, NOW)
    expect(invitees(club)).toEqual([
      ['bob', 'BUSY'],
      ['dan', 'RINGING'],
    ])
  })

  test('and joining are refused to a person in another call, until that is over', async () => {
    const other = world.group(['ann', 'bob'])
    const { id } = await world.start(other, ann, NOW)
    const groupId = world.group(['ann', 'cat'])
    expect(await refusalOf(world.start(groupId, ann, NOW))).toBe('CALL_BUSY')
    const { id: callId } = await world.start(groupId, cat, NOW)
    expect(await refusalOf(world.join(groupId, callId, ann, NOW))).toBe('CALL_BUSY')
    await world.commands.leaveCall(other, id, ann, NOW)
    expect(await refusalOf(world.join(groupId, callId, ann, NOW))).toBe('accepted')
  })

  test('is not kept by an index that names a call which is over', async () => {
    const other = direct('ann', 'bob')
    world.personal.groups.set('ann', other)
    expect(await refusalOf(world.start(direct('ann', 'cat'), ann, NOW))).toBe('accepted')
  })

  test('again with the id of a call that has ended rings nobody, and counts nothing', async () => {
    const groupId = direct('ann', 'bob')
    const id = newId()
    await world.start(groupId, ann, NOW, { id })
    await world.commands.leaveCall(groupId, id, ann, NOW)
    const logged = await world.logged(groupId)
    world.steps.length = 0
    expect(isOver(await world.start(groupId, ann, NOW + 1, { id }))).toBe(true)
    expect(await world.logged(groupId)).toEqual(logged)
    expect(world.steps).toEqual([])
  })

  test('a call that a group already has is joining it', async () => {
    const groupId = world.group(['ann', 'bob'])
    const { id } = await world.start(groupId, ann, NOW)
    const session = await world.start(groupId, bob, NOW)
    expect([session.id, peopleIn(session)]).toEqual([id, ['ann', 'bob']])
    expect(world.steps).toEqual(['start', 'join'])
  })
})

describe('the voice room of a group', () => {
  const room = (userIds: readonly string[], kind = GroupKind.GROUP) => {
    const groupId = world.group(userIds, kind)
    world.members.groups.get(groupId)!.room = true
    return groupId
  }

  test('rings nobody, whatever the request says, and is entered by whoever is not muted, also in a channel', async () => {
    for (const kind of [GroupKind.GROUP, GroupKind.CHANNEL]) {
      const groupId = room(['ann', 'bob', 'cat'], kind)
      const { id, state } = await world.start(groupId, bob, NOW, { ring: true })
      expect([state, invitees(groupId)]).toEqual([CallState.ACTIVE, []])
      await world.start(groupId, ann, NOW, { ring: true })
      expect(peopleIn(world.session(groupId))).toEqual(['bob', 'ann'])
      expect(await world.logged(groupId)).toEqual(['callStarted', 'callJoined', 'callJoined'])
      await world.commands.leaveCall(groupId, id, bob, NOW)
      await world.commands.leaveCall(groupId, id, ann, NOW)
    }
  })

  test('is left for another one, in one step after the other', async () => {
    const [here, there] = [room(['ann', 'bob']), room(['ann', 'cat'])]
    const { id } = await world.start(here, ann, NOW)
    expect(await refusalOf(world.start(there, ann, NOW))).toBe('CALL_BUSY')
    await world.commands.leaveCall(here, id, ann, NOW)
    await world.start(there, ann, NOW)
    expect([isOver(world.session(here)), peopleIn(world.session(there))]).toEqual([true, ['ann']])
  })

  test('has no muted member: neither by starting, nor by joining, nor by staying', async () => {
    const groupId = room(['ann', 'bob'])
    const mutes = world.members.groups.get(groupId)!.mutes
    mutes.set('bob', NOW + 10_000)
    expect(await refusalOf(world.start(groupId, bob, NOW))).toBe('MUTED')
    const { id } = await world.start(groupId, ann, NOW)
    expect(await refusalOf(world.join(groupId, id, bob, NOW))).toBe('MUTED')
    // Not for a moment either: nobody was told that he had come.
    expect([await world.logged(groupId), world.notices.length]).toEqual([['callStarted', 'callJoined'], 1])
    mutes.delete('bob')
    await world.join(groupId, id, bob, NOW)
    // The notice of the mute was lost: the next renewal finds out.
    mutes.set('bob', NOW + 10_000)
    expect(await refusalOf(world.renew(groupId, id, bob, NOW + 1))).toBe('MUTED')
    expect(peopleIn(world.session(groupId))).toEqual(['ann'])
    expect(await refusalOf(world.join(groupId, id, bob, NOW + 10_000))).toBe('accepted')
  })

  test('is left at once by a member who is muted; any other call is not', async () => {
    const [groupId, other] = [room(['ann', 'bob']), world.group(['cat', 'dan'])]
    const { id } = await world.start(groupId, ann, NOW)
    await world.join(groupId, id, bob, NOW)
    await world.upkeep.memberMuted(groupId, 'bob', NOW + 1)
    expect(peopleIn(world.session(groupId))).toEqual(['ann'])
    await world.start(other, cat, NOW)
    await world.upkeep.memberMuted(other, 'cat', NOW + 1)
    expect(peopleIn(world.session(other))).toEqual(['cat'])
  })

  test('that is closed keeps those who are in it until they leave, and is a call like any other from then on', async () => {
    const groupId = room(['ann', 'bob'])
    const { id } = await world.start(groupId, ann, NOW)
    world.members.groups.get(groupId)!.room = false
    await world.join(groupId, id, bob, NOW + 1)
    await world.commands.leaveCall(groupId, id, bob, NOW + 2)
    await world.commands.leaveCall(groupId, id, ann, NOW + 2)
    await world.start(groupId, ann, NOW + 3)
    expect(invitees(groupId)).toEqual([['bob', 'RINGING']])
  })
})

describe('joining', () => {
  test('answers: the call goes on, and the log, the devices and the index know', async () => {
    const groupId = direct('ann', 'bob')
    const { id } = await world.start(groupId, ann, NOW)
    const session = await world.join(groupId, id, bob, NOW + 1_000)
    expect(session).toMatchObject({ state: CallState.ACTIVE, answeredAt: NOW + 1_000 })
    expect(await world.logged(groupId)).toEqual(['callStarted', 'callJoined', 'callJoined'])
    expect(world.notices.at(-1)).toEqual(session)
    expect(world.personal.groups.get('bob')).toBe(groupId)
  })

  test('twice from one device is once; another device of the person takes over only when it moves the call', async () => {
    const groupId = direct('ann', 'bob')
    const { id } = await world.start(groupId, ann, NOW)
    await world.join(groupId, id, bob, NOW)
    await world.join(groupId, id, bob, NOW + 1)
    const tablet = deviceOf('bob', 'tablet')
    expect(await refusalOf(world.join(groupId, id, tablet, NOW))).toBe('CALL_ANSWERED_ELSEWHERE')
    await world.join(groupId, id, tablet, NOW, true)
    expect(world.session(groupId)?.participants).toMatchObject([ann, tablet])
    expect(world.steps).toEqual(['start', 'join', 'move'])
    expect(await world.logged(groupId)).toEqual(['callStarted', 'callJoined', 'callJoined'])
  })

  test('is refused to strangers, across a block, and where there is no such call', async () => {
    const groupId = direct('ann', 'bob')
    expect(await refusalOf(world.join(groupId, newId(), bob, NOW))).toBe('CALL_NOT_FOUND')
    const { id } = await world.start(groupId, ann, NOW)
    expect(await refusalOf(world.join(groupId, id, cat, NOW))).toBe('NOT_A_MEMBER')
    expect(await refusalOf(world.join(groupId, newId(), bob, NOW))).toBe('CALL_NOT_FOUND')
    world.members.groups.get(groupId)!.blocked = true
    expect(await refusalOf(world.join(groupId, id, bob, NOW))).toBe('BLOCKED')
  })
})

describe('declining and leaving', () => {
  test('need no membership: a person who was removed still may', async () => {
    const groupId = world.group(['ann', 'bob', 'cat'])
    const { id } = await world.start(groupId, ann, NOW)
    await world.join(groupId, id, bob, NOW)
    world.members.groups.delete(groupId)
    await world.commands.declineCall(groupId, id, cat, NOW)
    await world.commands.leaveCall(groupId, id, bob, NOW)
    expect(peopleIn(world.session(groupId))).toEqual(['ann'])
    expect(world.personal.groups.has('bob')).toBe(false)
    expect(world.steps).toEqual(['start', 'join', 'decline', 'leave'])
  })

  test('a second time changes nothing, tells nobody and counts nothing', async () => {
    const groupId = direct('ann', 'bob')
    const { id } = await world.start(groupId, ann, NOW)
    await world.commands.declineCall(groupId, id, bob, NOW)
    const before = [world.notices.length, world.steps.length, await world.logged(groupId)]
    await world.commands.declineCall(groupId, id, bob, NOW)
    await world.commands.leaveCall(groupId, id, ann, NOW)
    expect([world.notices.length, world.steps.length, await world.logged(groupId)]).toEqual(before)
    expect(world.steps).toEqual(['start', 'decline', 'end'])
  })
})

describe('renewing', () => {
  test('keeps the lease and tells nobody; a device that was away returns', async () => {
    const groupId = world.group(['ann', 'bob'])
    const { id } = await world.start(groupId, ann, NOW)
    await world.join(groupId, id, bob, NOW)
    expect((await world.renew(groupId, id, ann, NOW + 10_000)).returned).toBe(false)
    expect(world.notices).toHaveLength(2)
    await world.upkeep.sweep(NOW + LEASE_MS)
    expect(peopleIn(world.session(groupId))).toEqual(['ann'])
    expect((await world.renew(groupId, id, bob, NOW + LEASE_MS + 1)).returned).toBe(true)
    expect(peopleIn(world.session(groupId))).toEqual(['ann', 'bob'])
    expect(world.steps).toEqual(['start', 'join', 'lapse', 'return'])
  })

  test('takes a person out who is no longer a member, or is blocked', async () => {
    const groupId = world.group(['ann', 'bob', 'cat'])
    const { id } = await world.start(groupId, ann, NOW)
    for (const device of [bob, cat]) await world.join(groupId, id, device, NOW)
    world.members.groups.get(groupId)!.roles.delete('bob')
    expect(await refusalOf(world.renew(groupId, id, bob, NOW))).toBe('NOT_A_MEMBER')
    expect(peopleIn(world.session(groupId))).toEqual(['ann', 'cat'])
    world.members.groups.get(groupId)!.blocked = true
    expect(await refusalOf(world.renew(groupId, id, cat, NOW))).toBe('BLOCKED')
    expect(peopleIn(world.session(groupId))).toEqual(['ann'])
  })

  test('takes nobody out when membership does not answer, which the transport reports as a refusal', async () => {
    const groupId = world.group(['ann', 'bob'])
    const { id } = await world.start(groupId, ann, NOW)
    world.members.failure = new Refusal(ErrorReason.UNAVAILABLE)
    expect(await refusalOf(world.renew(groupId, id, ann, NOW))).toBe('UNAVAILABLE')
    expect(peopleIn(world.session(groupId))).toEqual(['ann'])
  })
})

describe('a call that Redis has lost', () => {
  test('is taken up by those who renew, above every revision that they know, with nothing said twice in the log', async () => {
    const groupId = world.group(['ann', 'bob'])
    const { id } = await world.start(groupId, ann, NOW)
    await world.join(groupId, id, bob, NOW)
    world.documents.documents.clear()
    for (const device of [bob, ann]) {
      expect(await world.renew(groupId, id, device, NOW + 5_000, 40)).toMatchObject({ returned: true })
    }
    expect(world.session(groupId)).toMatchObject({ id, state: CallState.ACTIVE, away: [], participants: [bob, ann] })
    expect(world.session(groupId)?.revision).toBeGreaterThan(40)
    expect(await world.logged(groupId)).toEqual(['callStarted', 'callJoined', 'callJoined'])
  })

  test('is joined by newcomers', async () => {
    const groupId = world.group(['ann', 'bob', 'cat'])
    const { id } = await world.start(groupId, ann, NOW)
    world.documents.documents.clear()
    expect(peopleIn(await world.join(groupId, id, cat, NOW + 1))).toEqual(['cat'])
  })

  test('ends before the next one of a direct chat, and goes on in a group for as long as a call may last', async () => {
    const chat = direct('ann', 'bob')
    const { id } = await world.start(chat, ann, NOW)
    world.documents.documents.clear()
    expect((await world.start(chat, ann, NOW + 1)).id).not.toBe(id)
    const two = ['callStarted', 'callJoined', 'callMissed', 'callEnded', 'callStarted', 'callJoined']
    expect(await world.logged(chat)).toEqual(two)

    const club = world.group(['cat', 'dan'])
    const first = await world.start(club, cat, NOW)
    world.documents.documents.clear()
    expect((await world.start(club, deviceOf('dan'), NOW + RING_MS)).id).toBe(first.id)
    world.documents.documents.clear()
    expect((await world.start(club, deviceOf('dan'), NOW + MAX_CALL_MS)).id).not.toBe(first.id)
  })
})
