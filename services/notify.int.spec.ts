import { newId } from '@beseda/kernel'
import { CallService } from '@beseda/proto/call/v1/call_service'
import { Role } from '@beseda/proto/common/v1/roles'
import { GroupKind } from '@beseda/proto/group/v1/events'
import { NotificationLevel } from '@beseda/proto/notify/v1/events'
import { PresenceService, Status } from '@beseda/proto/presence/v1/presence_service'
import { endpointHash, reasonOf, TestPushService, TestSystem } from '@beseda/testkit'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { callService } from './call/src/call.module.js'
import { groupService } from './group/src/group.module.js'
import { identityService } from './identity/src/identity.module.js'
import { membershipService } from './membership/src/membership.module.js'
import { notifyService } from './notify/src/notify.module.js'
import { presenceService } from './presence/src/presence.module.js'
import type { Person } from './testing/people.js'
import { readersOf } from './testing/readers.js'

/** Notifications from what is said to what a device's browser decrypts, on real servers with the permissions of production. */
let system: TestSystem
let pushes: TestPushService
beforeAll(async () => {
  process.env.PUSH_ALLOW_LOOPBACK = 'true'
  pushes = await TestPushService.start()
  system = await TestSystem.start(
    identityService,
    groupService,
    membershipService,
    presenceService,
    callService,
    notifyService,
  )
})
afterAll(async () => {
  await system?.stop()
  await pushes?.stop()
})
afterEach(() => expect(pushes.complaints).toEqual([]))
const { person, group, say, deviceOf, marker, notifyOf, choose, textsOf } = readersOf(
  () => system,
  () => pushes,
)

describe('what was said', () => {
  test('reaches a device that nobody looks at, encrypted for it alone, with a topic, a lifetime and only what it needs', async () => {
    const [ann, bob] = [await person('Anna'), await person('Bob')]
    const device = await deviceOf(bob, 'ru')
    const groupId = await group(ann, [bob])
    await say(ann, groupId, `**hello** <@${bob.id}>`)
    const { note, ttl, urgency, topic } = await device.subscription.at(0)
    expect(note).toMatchObject({
      kind: 'message',
      groupId,
      groupName: 'Chess',
      author: 'Anna',
      text: 'hello @Bob',
      locale: 'ru',
    })
    expect({ ttl, urgency, topic }).toEqual({ ttl: 86_400, urgency: 'normal', topic: groupId.replaceAll('-', '') })
  })

  test('reaches every device of the person, and not the author', async () => {
    const [ann, bob] = [await person(), await person()]
    const [phone, desk, own] = [await deviceOf(bob), await deviceOf(bob), await deviceOf(ann)]
    const groupId = await group(ann, [bob])
    await say(ann, groupId, 'hi')
    await Promise.all([phone.subscription.at(0), desk.subscription.at(0)])
    await marker(bob, ann, own, 0)
    expect(textsOf(own)).toEqual(['marker'])
  })

  test('is collapsed: of a flood the first comes at once, and the last at the end of the pause', async () => {
    const [ann, bob] = [await person(), await person()]
    const device = await deviceOf(bob)
    const groupId = await group(ann, [bob])
    for (let i = 0; i < 10; i++) await say(ann, groupId, `message ${i}`)
    expect((await device.subscription.at(0)).note.text).toBe('message 0')
    expect((await device.subscription.at(1)).note.text).toBe('message 9')
    expect(device.subscription.received).toHaveLength(2)
  })

  test('that was held tells what the message has become, and nothing of one that is deleted', async () => {
    const [ann, bob] = [await person(), await person()]
    const device = await deviceOf(bob)
    const groupId = await group(ann, [bob])
    await say(ann, groupId, 'first')
    const [slip, secret] = [await say(ann, groupId, 'a slip'), await say(ann, groupId, 'a secret')]
    await ann.groups.editMessage({ commandId: newId(), groupId, messageId: slip.id, text: 'put right' })
    await ann.groups.deleteMessage({ commandId: newId(), groupId, messageId: secret.id })
    expect((await device.subscription.at(1)).note.text).toBe('put right')
    expect(textsOf(device)).toEqual(['first', 'put right'])
  })

  test('says nothing of its content to who hides it', async () => {
    const [ann, bob] = [await person('Anna'), await person()]
    const device = await deviceOf(bob)
    await notifyOf(bob).updateNotificationSettings({ commandId: newId(), hideContent: true })
    await say(ann, await group(ann, [bob]), 'a secret')
    const { note } = await device.subscription.at(0)
    expect(note).toMatchObject({ groupName: 'Chess', author: '', text: '' })
  })

  test('in a thread reaches who follows it, and not who has stopped following it', async () => {
    const [ann, bob, eve] = [await person(), await person(), await person()]
    const [follows, left] = [await deviceOf(bob), await deviceOf(eve)]
    const groupId = await group(ann, [bob, eve])
    const head = await say(bob, groupId, 'who plays tonight?')
    await say(eve, groupId, 'not me', { threadId: head.id })
    await eve.groups.followThread({ commandId: newId(), groupId, threadId: head.id, follows: false })
    await follows.subscription.at(0)
    await say(ann, groupId, 'I do', { threadId: head.id })
    expect((await follows.subscription.at(1)).note.text).toBe('I do')
    await marker(ann, eve, left, 1)
    expect(textsOf(left)).not.toContain('I do')
  })

  test('reaches a person who wants mentions only when it replies to them', async () => {
    const [ann, bob] = [await person(), await person()]
    const device = await deviceOf(bob)
    const groupId = await group(ann, [bob])
    await choose(bob, groupId, NotificationLevel.MENTIONS)
    const mine = await say(bob, groupId, 'who plays tonight?')
    await say(ann, groupId, 'for everybody')
    await say(ann, groupId, 'I do', { replyTo: mine.id })
    expect((await device.subscription.at(0)).note.text).toBe('I do')
  })

  test('goes to members only: not to a person who was removed before it, but to one who was added before it', async () => {
    const [ann, bob, eve] = [await person(), await person(), await person()]
    const [gone, come] = [await deviceOf(bob), await deviceOf(eve)]
    const groupId = await group(ann, [bob])
    await ann.membership.removeMember({ commandId: newId(), groupId, userId: bob.id })
    await ann.membership.addMembers({ commandId: newId(), groupId, userIds: [eve.id] })
    await say(ann, groupId, 'for members')
    expect((await come.subscription.at(0)).note.text).toBe('for members')
    await marker(ann, bob, gone, 0)
    expect(textsOf(gone)).toEqual(['marker'])
  })
})

describe('a message does not notify', () => {
  test.each<[string, (bob: Person, ann: Person, groupId: string) => Promise<unknown>]>([
    ['a person who wants nothing of the group', (bob, _, groupId) => choose(bob, groupId, NotificationLevel.NOTHING)],
    ['a person who wants mentions only', (bob, _, groupId) => choose(bob, groupId, NotificationLevel.MENTIONS)],
    [
      'a person who has muted it for a time',
      (bob, _, groupId) => choose(bob, groupId, NotificationLevel.ALL, Date.now() + 60_000),
    ],
    [
      'a person who has blocked the author',
      (bob, ann) => bob.identity.setBlocked({ commandId: newId(), userId: ann.id, blocked: true }),
    ],
    [
      'a person who looks at a device',
      (bob) =>
        system
          .client(PresenceService)
          .reportConnections({ connections: [{ userId: bob.id, deviceId: '00000000-0000-4000-8000-00000000000d' }] }),
    ],
    [
      'a person who wants no disturbance',
      (bob) => system.client(PresenceService, { userId: bob.id }).setStatus({ status: Status.DO_NOT_DISTURB }),
    ],
    [
      'a person in their quiet hours',
      (bob) =>
        notifyOf(bob).updateNotificationSettings({
          commandId: newId(),
          quietHours: { enabled: true, fromMinute: 0, toMinute: 0, timeZone: 'Europe/Moscow' },
        }),
    ],
  ])('%s', async (_, wish) => {
    const [ann, bob, eve] = [await person(), await person(), await person()]
    const [device, other] = [await deviceOf(bob), await deviceOf(eve)]
    const groupId = await group(ann, [bob, eve])
    await wish(bob, ann, groupId)
    await say(ann, groupId, 'hello')
    // The other member was notified of this message and then of another: this device would have been notified long before.
    await other.subscription.at(0)
    await marker(ann, eve, other, 1)
    expect(textsOf(device)).toEqual([])
  })

  test('members of a channel, except those whom it mentions', async () => {
    const [ann, bob, eve] = [await person(), await person(), await person()]
    const [one, two] = [await deviceOf(bob), await deviceOf(eve)]
    const groupId = await group(ann, [bob, eve], GroupKind.CHANNEL)
    await say(ann, groupId, 'for everybody')
    await say(ann, groupId, `<@${eve.id}>`)
    expect((await two.subscription.at(0)).note.text).toMatch(/^@/)
    expect(textsOf(one)).toEqual([])
  })
})

describe('a device', () => {
  test('shows an edited message with its present text, and removes one that was read on another device', async () => {
    const [ann, bob] = [await person(), await person()]
    const phone = await deviceOf(bob)
    const groupId = await group(ann, [bob])
    const { seq, id: messageId } = await say(ann, groupId, 'hi')
    await phone.subscription.at(0)
    await ann.groups.editMessage({ commandId: newId(), groupId, messageId, text: '**hello**' })
    expect((await phone.subscription.at(1)).note).toEqual({ kind: 'edited', groupId, messageId, text: 'hello' })
    await bob.groups.markRead({ groupId, seq, index: 0 })
    expect((await phone.subscription.at(2)).note).toEqual({ kind: 'read', groupId })
    const next = await say(ann, groupId, 'again')
    await bob.groups.markRead({ groupId, seq: next.seq, index: 0 })
    await marker(ann, bob, phone, 3)
    expect(phone.subscription.received.map(({ note }) => note.kind)).toEqual(['message', 'edited', 'read', 'message'])
  })

  test('removes a message that was deleted, for all or by its reader, if it showed it', async () => {
    const [ann, bob] = [await person(), await person()]
    const phone = await deviceOf(bob)
    const [groupId, other] = [await group(ann, [bob]), await group(ann, [bob])]
    const remove = (by: Person, place: string, messageId: string, forMe = false) =>
      by.groups.deleteMessage({ commandId: newId(), groupId: place, messageId, forMe })
    const one = await say(ann, groupId, 'shown')
    await phone.subscription.at(0)
    await remove(ann, groupId, one.id)
    expect(await phone.subscription.at(1)).toMatchObject({
      note: { kind: 'deleted', groupId, messageId: one.id },
      topic: groupId.replaceAll('-', ''),
    })
    const two = await say(ann, other, 'shown, too')
    await phone.subscription.at(2)
    await remove(bob, other, two.id, true)
    expect((await phone.subscription.at(3)).note).toEqual({ kind: 'deleted', groupId: other, messageId: two.id })
    const three = await say(ann, other, 'read elsewhere')
    await bob.groups.markRead({ groupId: other, seq: three.seq, index: 0 })
    expect((await phone.subscription.at(4)).note.kind).toBe('read')
    await remove(ann, other, three.id)
    await marker(ann, bob, phone, 5)
    expect(phone.subscription.received.map(({ note }) => note.kind)).toEqual([
      ...['message', 'deleted', 'message', 'deleted', 'read', 'message'],
    ])
  })

  test('is forgotten with its session', async () => {
    const [ann, bob] = [await person(), await person()]
    const [gone, stays] = [await deviceOf(bob), await deviceOf(bob)]
    await gone.identity.signOut({})
    await vi.waitFor(async () => expect((await gone.notify.getNotificationSettings({})).endpointHash).toHaveLength(0))
    await say(ann, await group(ann, [bob]), 'hi')
    await stays.subscription.at(0)
    expect(gone.subscription.received).toEqual([])
  })

  test('gets no push when its session ended while no replica listened', async () => {
    const [ann, bob] = [await person(), await person()]
    const [gone, stays] = [await deviceOf(bob), await deviceOf(bob)]
    // As after a time without the service: the session is away, and nothing was said about it.
    const admin = await system.nats.connect('admin')
    await admin.request(
      `$JS.API.STREAM.PURGE.KV_sessions`,
      JSON.stringify({ filter: `$KV.sessions.${bob.id}.${gone.sessionId}` }),
    )
    await admin.close()
    await say(ann, await group(ann, [bob]), 'hi')
    await stays.subscription.at(0)
    expect(gone.subscription.received).toEqual([])
    expect((await gone.notify.getNotificationSettings({})).endpointHash).toHaveLength(0)
  })

  test.each([404, 410])('is forgotten when its push service answers %s', async (status) => {
    const bob = await person()
    const device = await deviceOf(bob)
    device.subscription.answer(status)
    expect(await reasonOf(device.notify.sendTestNotification({}))).toBe('PUSH_NOT_SUBSCRIBED')
    expect((await device.notify.getNotificationSettings({})).endpointHash).toHaveLength(0)
  })

  test('is tried again when its push service is not well', async () => {
    const [ann, bob] = [await person(), await person()]
    const device = await deviceOf(bob)
    device.subscription.answer(503)
    expect(await reasonOf(device.notify.sendTestNotification({}))).toBe('PUSH_FAILED')
    await say(ann, await group(ann, [bob]), 'hi')
    device.subscription.answer(201)
    expect((await device.subscription.at(0)).note.text).toBe('hi')
  })

  test('gets a test note in its language', async () => {
    const device = await deviceOf(await person(), 'ru')
    await device.notify.sendTestNotification({})
    expect(await device.subscription.at(0)).toMatchObject({ note: { kind: 'test', locale: 'ru' }, urgency: 'high' })
    const { endpointHash: hash } = await device.notify.getNotificationSettings({})
    expect(Buffer.from(hash)).toEqual(endpointHash(device.subscription.endpoint))
    await device.notify.unsubscribePush({ commandId: newId() })
    expect(await reasonOf(device.notify.sendTestNotification({}))).toBe('PUSH_NOT_SUBSCRIBED')
  })

  test.each([
    'https://example.org/push',
    'http://fcm.googleapis.com/x',
    'https://fcm.googleapis.com.evil.example/x',
    'https://169.254.169.254/latest',
    'https://10.0.0.1/x',
    'https://me:secret@fcm.googleapis.com/x',
    'file:///etc/passwd',
  ])('is not reached at %s', async (endpoint) => {
    const { notify, subscription } = await deviceOf(await person())
    const { p256dh, auth } = subscription
    const refused = reasonOf(notify.subscribePush({ commandId: newId(), endpoint, p256dh, auth, locale: 'en' }))
    expect(await refused).toBe('PUSH_ENDPOINT_REFUSED')
  })
})

describe('a call', () => {
  async function ringing() {
    const [ann, bob] = [await person('Anna'), await person()]
    const [phone, desk] = [await deviceOf(bob), await deviceOf(bob)]
    const { group: chat } = await ann.groups.createGroup({
      commandId: newId(),
      kind: GroupKind.DIRECT,
      memberIds: [bob.id],
    })
    const callsOf = (userId: string) => system.client(CallService, { userId, deviceId: userId, sessionId: userId })
    const started = await callsOf(ann.id).startCall({ callId: newId(), groupId: chat!.id, video: true })
    const call = { callId: started.call!.id, groupId: chat!.id }
    return { ann, bob, phone, desk, call, callsOf }
  }

  test('rings every device at once, for as long as it rings, and no longer', async () => {
    const { phone, desk, call } = await ringing()
    for (const { subscription } of [phone, desk]) {
      const { note, ttl, urgency, topic } = await subscription.at(0)
      expect(note).toMatchObject({ kind: 'call', ...call, direct: true, caller: 'Anna', video: true })
      expect(urgency).toBe('high')
      expect(topic).toBe(call.callId.replaceAll('-', ''))
      expect(ttl).toBeGreaterThan(20)
      expect(ttl).toBeLessThanOrEqual(45)
    }
  })

  test('that was declined on one device stops ringing on the others, and is not missed', async () => {
    const { bob, phone, call, callsOf } = await ringing()
    await phone.subscription.at(0)
    await callsOf(bob.id).declineCall(call)
    expect((await phone.subscription.at(1)).note).toMatchObject({
      kind: 'call-over',
      callId: call.callId,
      missed: false,
    })
  })

  test('that the caller gives up was missed', async () => {
    const { ann, phone, call, callsOf } = await ringing()
    await phone.subscription.at(0)
    await callsOf(ann.id).leaveCall(call)
    expect((await phone.subscription.at(1)).note).toMatchObject({ kind: 'call-over', missed: true, caller: 'Anna' })
  })
})

test('an admin is called by @admins also by push', async () => {
  const [ann, bob, eve] = [await person(), await person(), await person()]
  const [admin, member] = [await deviceOf(bob), await deviceOf(eve)]
  const groupId = await group(ann, [bob, eve], GroupKind.CHANNEL)
  await ann.membership.changeRole({ commandId: newId(), groupId, userId: bob.id, role: Role.ADMIN })
  await say(ann, groupId, '<@admins> help')
  expect((await admin.subscription.at(0)).note.text).toBe('@admins help')
  expect(member.subscription.received).toEqual([])
})
