import { newId } from '@beseda/kernel'
import { NOTIFY_STREAM, userSubject } from '@beseda/proto'
import { UserEventSchema } from '@beseda/proto/gateway/v1/frames'
import { NotificationLevel } from '@beseda/proto/notify/v1/events'
import { ListPlace } from '@beseda/proto/notify/v1/notify_service'
import { reasonOf, TestPushService, TestSystem } from '@beseda/testkit'
import { fromBinary } from '@bufbuild/protobuf'
import { jetstreamManager } from '@nats-io/jetstream'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { groupService } from './group/src/group.module.js'
import { identityService } from './identity/src/identity.module.js'
import { membershipService } from './membership/src/membership.module.js'
import { notifyService } from './notify/src/notify.module.js'
import { readersOf } from './testing/readers.js'

/** What a person has said of their notifications and their list, on real servers with the permissions of production. */
let system: TestSystem
let pushes: TestPushService
beforeAll(async () => {
  process.env.PUSH_ALLOW_LOOPBACK = 'true'
  pushes = await TestPushService.start()
  system = await TestSystem.start(identityService, groupService, membershipService, notifyService)
})
afterAll(async () => {
  await system?.stop()
  await pushes?.stop()
})
const { person, group, deviceOf, notifyOf, choose } = readersOf(
  () => system,
  () => pushes,
)

describe('the list', () => {
  test('is arranged for a person alone, who is told of it on every device', async () => {
    const [ann, bob] = [await person('Anna'), await person('Bob')]
    const groupId = await group(ann, [bob])
    const told = system.edge.subscribe(userSubject(ann.id), { max: 2 })
    await system.edge.flush()
    const section = { id: newId(), name: 'Work' }
    await notifyOf(ann).setListSections({ commandId: newId(), sections: [section] })
    const place = { place: ListPlace.SECTION, sectionId: section.id }
    const { arrangement } = await notifyOf(ann).placeConversation({ commandId: newId(), groupId, ...place })
    expect(arrangement?.sections).toMatchObject([{ ...section, groupIds: [groupId] }])
    const events: unknown[] = []
    for await (const { data } of told) events.push(fromBinary(UserEventSchema, data).event)
    expect(events.at(-1)).toEqual({ case: 'listArrangement', value: arrangement })
    expect((await notifyOf(ann).getListArrangement({})).arrangement).toEqual(arrangement)
    expect((await notifyOf(bob).getListArrangement({})).arrangement?.sections).toEqual([])
    const nowhere = { place: ListPlace.SECTION, sectionId: newId() }
    const refused = notifyOf(ann).placeConversation({ commandId: newId(), groupId, ...nowhere })
    expect(await reasonOf(refused)).toBe('SECTION_NOT_FOUND')
  })
})

describe('settings', () => {
  test('reach all devices of the person, and read the same from every replica', async () => {
    const bob = await person()
    const groupId = await group(bob)
    const told = system.edge.subscribe(userSubject(bob.id), { max: 1 })
    await system.edge.flush()
    await choose(bob, groupId, NotificationLevel.MENTIONS)
    for await (const { data } of told) {
      const { event } = fromBinary(UserEventSchema, data)
      expect(event).toMatchObject({ case: 'notificationSettings', value: { groups: [{ groupId, level: 2 }] } })
    }
    const { settings } = await notifyOf(bob).getNotificationSettings({})
    expect(settings?.groups).toMatchObject([{ groupId, level: NotificationLevel.MENTIONS }])
  })

  test('of a group are for its members; a time zone must be one', async () => {
    const [ann, bob] = [await person(), await person()]
    const groupId = await group(ann)
    expect(await reasonOf(choose(bob, groupId, NotificationLevel.ALL))).toBe('NOT_A_MEMBER')
    const quietHours = { enabled: true, fromMinute: 0, toMinute: 60, timeZone: 'Mars/Olympus' }
    const change = notifyOf(bob).updateNotificationSettings({ commandId: newId(), quietHours })
    expect(await reasonOf(change)).toBe('INVALID_REQUEST')
  })

  test('nothing of them stays of who has deleted the account', async () => {
    const bob = await person()
    const device = await deviceOf(bob)
    await bob.identity.deleteAccount({ commandId: newId(), password: 'correct horse' })
    const admin = await system.nats.connect('admin')
    const manager = await jetstreamManager(admin)
    await vi.waitFor(
      async () => {
        const { message } = await manager.streams
          .getMessage(NOTIFY_STREAM, { last_by_subj: `notify.${bob.id}.push.${device.sessionId}` })
          .then((found) => ({ message: found ? new TextDecoder().decode(found.data) : '' }))
        expect(message).not.toContain(device.subscription.endpoint)
      },
      { interval: 100 },
    )
    await admin.close()
  })
})
