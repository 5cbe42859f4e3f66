import { newId } from '@beseda/kernel'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { NOW, type NotifyWorld, notifyWorld } from '../../../testing/notifications.js'
import { NOT_ARRANGED } from '../domain/list/arrangement.js'

const caller = (userId: string) => ({
  ...{ userId, commandId: newId(), now: NOW, traceparent: undefined },
  signal: new AbortController().signal,
})
const FAVOURITES = { kind: 'favourites' } as const

let world: NotifyWorld
beforeEach(async () => {
  world = await notifyWorld()
})
afterEach(() => world.stop())

test('a change is answered with the whole arrangement, told to the devices of the person, and to nobody else', async () => {
  const groupId = await world.group(['ann', 'bob'])
  const { arrangements } = await world.run()
  const work = { id: newId(), name: 'Work' }
  await arrangements.setSections([work], caller('ann'))
  const changed = await arrangements.place(groupId, { kind: 'section', sectionId: work.id }, caller('ann'))
  expect(changed).toEqual({ ...NOT_ARRANGED, sections: [{ ...work, groupIds: [groupId] }] })
  expect(world.rearranged).toEqual([expect.anything(), { userId: 'ann', arrangement: changed }])
  expect(arrangements.of('bob')).toEqual(NOT_ARRANGED)
})

test('two changes at once are both made: each is decided on the other', async () => {
  const [chess, choir] = [await world.group(['ann']), await world.group(['ann'])]
  const [one, other] = [await world.run(), await world.run()]
  await Promise.all([
    one.arrangements.place(chess, FAVOURITES, caller('ann')),
    other.arrangements.place(choir, { kind: 'archive' }, caller('ann')),
  ])
  await vi.waitFor(() =>
    expect(one.arrangements.of('ann')).toEqual({ sections: [], favouriteIds: [chess], archivedIds: [choir] }),
  )
})

test('only members place a conversation; that of a group that they have left is forgotten with the next change', async () => {
  const [chess, choir] = [await world.group(['ann']), await world.group(['ann'])]
  const { arrangements } = await world.run()
  await expect(arrangements.place(chess, FAVOURITES, caller('bob'))).rejects.toMatchObject({
    reason: ErrorReason.NOT_A_MEMBER,
  })
  await arrangements.place(chess, FAVOURITES, caller('ann'))
  await world.leave(chess, 'ann')
  await vi.waitFor(() => expect(arrangements.of('ann')).toEqual(NOT_ARRANGED))
  const changed = await arrangements.place(choir, FAVOURITES, caller('ann'))
  expect(changed.favouriteIds).toEqual([choir])
})
