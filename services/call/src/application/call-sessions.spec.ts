import { PartialFailure } from '@beseda/async'
import { Refusal } from '@beseda/kernel'
import { CallState } from '@beseda/proto/call/v1/call_service'
import { CallEndReason } from '@beseda/proto/call/v1/events'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { GroupKind } from '@beseda/proto/group/v1/events'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import { type CallWorld, callWorld, deviceOf, peopleIn, RING_MS } from '../../../testing/calls.js'
import { AWAY_MS, LEASE_MS } from '../domain/session.js'

const NOW = Date.UTC(2026, 0, 1)
const ann = deviceOf('ann')
const bob = deviceOf('bob')

let world: CallWorld
let groupId: string
beforeEach(() => {
  world = callWorld()
  groupId = world.group(['ann', 'bob'])
})

describe('a log that does not answer', () => {
  test('keeps nobody from the call: its commits wait, and the next sweep writes them in order, each once', async () => {
    world.store.broken = groupId
    await world.start(world.group(['cat', 'dan']), deviceOf('cat'), NOW)
    expect(world.logFailures).toEqual([])
    // What the log cannot be asked about does not keep a call from starting either.
    world.store.broken = undefined
    const { id } = await world.start(groupId, ann, NOW)
    world.store.broken = groupId
    await world.join(groupId, id, bob, NOW)
    await world.commands.leaveCall(groupId, id, ann, NOW)
    expect(world.logFailures).toHaveLength(2)
    expect(world.documents.documents.get(groupId)?.pending).toHaveLength(2)
    expect(await world.documents.due(NOW)).toEqual([groupId])
    world.store.broken = undefined
    await world.upkeep.sweep(NOW + 1)
    expect(await world.logged(groupId)).toEqual(['callStarted', 'callJoined', 'callJoined', 'callLeft'])
    expect(world.documents.documents.get(groupId)?.pending).toEqual([])
    expect(world.documents.dueAt(groupId)).toBe(NOW + LEASE_MS)
    await world.upkeep.sweep(NOW + 2)
    expect(await world.logged(groupId)).toHaveLength(4)
  })

  test('has a commit already when the process died between writing and noting it: it is not written twice', async () => {
    await world.start(groupId, ann, NOW)
    const document = world.documents.documents.get(groupId)!
    const entry = (await world.store.last('HISTORY_0', `history.0.${groupId}.calls`))!
    world.documents.documents.set(groupId, { ...document, pending: [entry.bytes] })
    await world.upkeep.sweep(NOW + 1)
    expect(await world.logged(groupId)).toEqual(['callStarted', 'callJoined'])
    expect(world.documents.documents.get(groupId)?.pending).toEqual([])
  })
})

describe('a change', () => {
  test('that is refused leaves everything as it was', async () => {
    await world.start(groupId, ann, NOW)
    const before = world.documents.documents.get(groupId)
    const refused = world.sessions.change(groupId, NOW, () => {
      throw new Refusal(ErrorReason.CALL_FULL)
    })
    await expect(refused).rejects.toThrow(Refusal)
    expect(world.documents.documents.get(groupId)).toBe(before)
    expect(world.notices).toHaveLength(1)
  })

  test('of a group without a session is none; an error that is no refusal is passed on', async () => {
    const fails = () => {
      throw new Error('broken')
    }
    expect(await world.sessions.changeIfPresent(groupId, NOW, fails)).toBe(false)
    await world.start(groupId, ann, NOW)
    await expect(world.sessions.changeIfPresent(groupId, NOW, fails)).rejects.toThrow('broken')
  })

  test('takes out of the index who is no longer in, and leaves the entry of one who is in another call by now', async () => {
    const { id } = await world.start(groupId, ann, NOW)
    await world.join(groupId, id, bob, NOW)
    world.personal.groups.set('bob', 'another group')
    await world.upkeep.groupDeleted(groupId, NOW)
    expect(world.personal.groups).toEqual(new Map([['bob', 'another group']]))
  })
})

describe('time', () => {
  test('ends the ringing of a direct call that nobody answers, and whoever was rung has missed it', async () => {
    const chat = world.group(['ann', 'bob'], GroupKind.DIRECT)
    const { id } = await world.start(chat, ann, NOW)
    for (let now = NOW; now < NOW + RING_MS; now += 7_000) await world.renew(chat, id, ann, now)
    await world.upkeep.sweep(NOW + RING_MS)
    expect(world.session(chat)).toMatchObject({ state: CallState.ENDED, endReason: CallEndReason.MISSED })
    expect((await world.logged(chat)).slice(2)).toEqual(['callMissed', 'callEnded'])
    expect(world.documents.dueAt(chat)).toBeUndefined()
    expect(world.steps).toEqual(['start', 'end'])
  })

  test('keeps the place of a device that does not renew for a minute, and then the call ends', async () => {
    const { id } = await world.start(groupId, ann, NOW)
    await world.join(groupId, id, bob, NOW)
    await world.upkeep.sweep(NOW + LEASE_MS)
    expect([peopleIn(world.session(groupId)), world.session(groupId)?.away.length]).toEqual([[], 2])
    await world.upkeep.sweep(NOW + LEASE_MS + AWAY_MS)
    expect(world.session(groupId)).toMatchObject({ state: CallState.ENDED, endReason: CallEndReason.LOST })
    expect(world.personal.groups.size).toBe(0)
    expect(world.steps).toEqual(['start', 'join', 'lapse', 'lapse', 'end'])
  })

  test('sweeps every call that is due, also when one of them cannot be swept', async () => {
    world.documents.leftovers.add('broken')
    vi.spyOn(world.documents, 'settle').mockRejectedValueOnce(new Error('broken'))
    await world.start(groupId, ann, NOW)
    await expect(world.upkeep.sweep(NOW + LEASE_MS)).rejects.toThrow(PartialFailure)
    expect(peopleIn(world.session(groupId))).toEqual([])
    expect(world.documents.leftovers.size).toBe(0)
  })

  test('takes a deadline away whose session is gone', async () => {
    world.documents.leftovers.add('a group')
    await world.upkeep.sweep(NOW)
    expect(world.documents.leftovers.size).toBe(0)
  })
})

describe('a device whose session has ended', () => {
  test('leaves its call, and no other device does', async () => {
    const { id } = await world.start(groupId, ann, NOW)
    await world.join(groupId, id, bob, NOW)
    await world.upkeep.sessionsEnded('bob', ['another device'], NOW)
    expect(peopleIn(world.session(groupId))).toEqual(['ann', 'bob'])
    await world.upkeep.sessionsEnded('bob', [bob.deviceId], NOW)
    expect(peopleIn(world.session(groupId))).toEqual(['ann'])
    expect(world.personal.groups).toEqual(new Map([['ann', groupId]]))
  })

  test('of somebody in no call changes nothing', async () => {
    await world.upkeep.sessionsEnded('cat', ['a device'], NOW)
    expect(world.notices).toEqual([])
  })
})

describe('a person who leaves the group, and a group that is deleted', () => {
  test('leave the call: the person alone, or everybody', async () => {
    const { id } = await world.start(groupId, ann, NOW)
    await world.join(groupId, id, bob, NOW)
    await world.upkeep.memberLeft(groupId, 'bob', NOW)
    expect(peopleIn(world.session(groupId))).toEqual(['ann'])
    await world.upkeep.groupDeleted(groupId, NOW)
    expect(world.session(groupId)?.state).toBe(CallState.ENDED)
    expect(await world.logged(groupId)).toEqual(['callStarted', 'callJoined', 'callJoined', 'callLeft', 'callEnded'])
  })

  test('change nothing where there is no call', async () => {
    await world.upkeep.memberLeft(groupId, 'bob', NOW)
    await world.upkeep.groupDeleted(groupId, NOW)
    expect([world.documents.documents.size, world.notices]).toEqual([0, []])
  })
})
