import { newId } from '@beseda/kernel'
import { blockSubject, notifySettingsSubject, PEOPLE_STREAM } from '@beseda/proto'
import { GroupKind } from '@beseda/proto/group/v1/events'
import { BlockChangedSchema } from '@beseda/proto/identity/v1/events'
import { LetterKind } from '@beseda/proto/mail/v1/letter'
import { MailChoice, NotificationLevel } from '@beseda/proto/notify/v1/events'
import { create } from '@bufbuild/protobuf'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { NOW, type NotifyWorld, notifyWorld } from '../../../testing/notifications.js'

const now = NOW.getTime()
const HOUR = 3_600_000
const AWAY = { active: false, doNotDisturb: false }
const caller = (userId: string) => ({
  ...{ userId, commandId: newId(), now: NOW, traceparent: undefined },
  signal: new AbortController().signal,
})

let world: NotifyWorld
beforeEach(async () => {
  world = await notifyWorld()
})
afterEach(() => world.stop())

type Replica = Awaited<ReturnType<NotifyWorld['run']>>
/** A message with a mention of everybody, as a replica hears of it. */
async function call({ missed }: Replica, groupId: string, authorId = 'ann', more = {}) {
  await missed.posted(groupId, await world.post(groupId, authorId, 'hi', { mentions: { all: true }, ...more }), now)
}
const kinds = () => [...world.queued.values()].map(({ kind, userId }) => [userId, kind])

test('whoever is away and misses a mention gets one letter, an hour after the first', async () => {
  const groupId = await world.group(['ann', 'bob'])
  const replica = await world.run()
  await call(replica, groupId)
  await replica.missed.posted(
    groupId,
    await world.post(groupId, 'ann', 'once more', { mentions: { all: true } }),
    now + HOUR / 2,
  )
  await replica.letters.round(now + HOUR - 1)
  expect(kinds()).toEqual([])
  await replica.letters.round(now + HOUR)
  await replica.letters.round(now + 2 * HOUR)
  expect(kinds()).toEqual([['bob', LetterKind.MISSED]])
  await call(replica, groupId)
  await replica.letters.round(now + 3 * HOUR)
  expect(kinds()).toHaveLength(2)
})

test('whoever neither comes nor reads is written to at growing distances; who was there, as at first', async () => {
  const groupId = await world.group(['ann', 'bob'])
  const replica = await world.run()
  await replica.commands.setMail(MailChoice.SOON, undefined, caller('bob'))
  const called = await world.post(groupId, 'ann', 'hi', { mentions: { all: true } })
  const written: number[] = []
  /** Somebody calls Bob every minute. */
  const pass = async (from: number, minutes: number) => {
    for (let at = from; at < from + minutes * 60_000; at += 60_000) {
      await replica.missed.posted(groupId, called, at)
      const before = world.queued.size
      await replica.letters.round(at)
      if (world.queued.size > before) written.push((at - now) / 60_000)
    }
  }
  await pass(now, 24 * 60)
  expect(written).toEqual([15, 46, 107, 228, 469, 950])
  await replica.missed.seen('bob')
  written.length = 0
  const again = now + 24 * HOUR
  await pass(again, 30)
  expect(written.map((minute) => minute - 24 * 60)).toEqual([15])
})

test('nobody is written to of a message that is none of theirs', async () => {
  const groupId = await world.group(['ann', 'bob', 'eve'])
  const direct = await world.group(['ann', 'cat'], GroupKind.DIRECT)
  const replica = await world.run()
  await replica.missed.posted(groupId, await world.post(groupId, 'ann', 'hi'), now)
  const toEve = { mentions: { userIds: ['eve'] } }
  await replica.missed.posted(groupId, await world.post(groupId, 'ann', 'hi, Eve', toEve), now)
  await replica.missed.posted(direct, await world.post(direct, 'ann', 'hi'), now)
  await replica.letters.round(now + HOUR)
  expect(new Map(kinds() as [string, LetterKind][])).toEqual(
    new Map([
      ['eve', LetterKind.MISSED],
      ['cat', LetterKind.MISSED],
    ]),
  )
})

test('a mention asks for the wishes of those whom it means, and of those who want a digest, not of everybody', async () => {
  const others = Array.from({ length: 20 }, (_, i) => `p${i}`)
  const groupId = await world.group(['ann', 'bob', 'eve', ...others])
  const replica = await world.run()
  await replica.commands.setMail(MailChoice.DAILY, undefined, caller('eve'))
  const general = vi.spyOn(replica.preferences, 'general')
  const asked = async (mentions: object) => {
    general.mockClear()
    await replica.missed.posted(groupId, await world.post(groupId, 'ann', 'hi', { mentions }), now)
    return new Set(general.mock.calls.map(([userId]) => userId))
  }
  expect(await asked({ userIds: ['bob'] })).toEqual(new Set(['bob', 'eve']))
  // Ann, who owns the group, has written it herself.
  expect(await asked({ admins: true })).toEqual(new Set(['ann', 'eve']))
  expect((await asked({ all: true })).size).toBe(23)
  await replica.letters.round(now + HOUR)
  expect(new Set(kinds().map(([userId]) => userId))).toEqual(new Set(['bob', ...others]))
})

test.each<[string, (replica: Replica, groupId: string) => unknown]>([
  ['looks at a device', () => world.attention.set('bob', { active: true, doNotDisturb: false })],
  ['has no address', () => world.unreachable.add('bob')],
  ['wants no letters', ({ commands }) => commands.setMail(MailChoice.OFF, undefined, caller('bob'))],
  [
    'has muted the conversation',
    ({ commands }, groupId) =>
      commands.setGroup(
        groupId,
        { level: NotificationLevel.UNSPECIFIED, mutedUntil: Date.now() + HOUR },
        caller('bob'),
      ),
  ],
  [
    'wants to hear nothing of it',
    ({ commands }, groupId) =>
      commands.setGroup(groupId, { level: NotificationLevel.NOTHING, mutedUntil: 0 }, caller('bob')),
  ],
  [
    'has blocked the author',
    () => {
      const value = create(BlockChangedSchema, { blocked: true })
      return world.append(PEOPLE_STREAM, blockSubject('bob', 'ann'), { case: 'blockChanged', value })
    },
  ],
])('nobody is written to who %s', async (_, arrange) => {
  const groupId = await world.group(['ann', 'bob'])
  const replica = await world.run()
  await arrange(replica, groupId)
  await vi.waitFor(() => expect(replica.projection.view.get('SELECT 1 AS n FROM grp')).toBeDefined())
  const message = await world.post(groupId, 'ann', 'hi', { mentions: { all: true } })
  await replica.history.catchUp(groupId, caller('bob').signal)
  await replica.projection.waitFor(PEOPLE_STREAM, (await world.store.info(PEOPLE_STREAM)).lastSeq)
  await replica.missed.posted(groupId, message, Date.now())
  // Who was there when it came, and went away later, has seen it.
  world.attention.clear()
  await replica.letters.round(Date.now() + HOUR)
  expect(kinds()).toEqual([])
})

test('where no mail is sent, nothing is noted', async () => {
  const groupId = await world.group(['ann', 'bob'])
  const replica = await world.run({ mail: false })
  await call(replica, groupId)
  expect(replica.missedStore.page('', 10)).toEqual([])
})

test.each<[string, (replica: Replica) => unknown]>([
  ['was there meanwhile', () => world.attention.set('bob', { active: true, doNotDisturb: false })],
  ['has read on another device', ({ missed }) => missed.seen('bob')],
  [
    'has chosen to get no letters meanwhile',
    ({ commands }) => commands.setMail(MailChoice.OFF, undefined, caller('bob')),
  ],
])('whoever %s gets no letter', async (_, happen) => {
  const groupId = await world.group(['ann', 'bob'])
  const replica = await world.run()
  await call(replica, groupId)
  await happen(replica)
  await replica.letters.round(now + HOUR / 2)
  world.attention.set('bob', AWAY)
  await replica.letters.round(now + 2 * HOUR)
  expect(kinds()).toEqual([])
})

test('a letter waits for the end of quiet hours, and as long as nobody may disturb', async () => {
  const groupId = await world.group(['ann', 'bob'])
  const replica = await world.run()
  // NOW is midnight in UTC.
  const quietHours = { enabled: true, fromMinute: 0, toMinute: 180, timeZone: 'UTC' }
  await replica.commands.updateGeneral({ quietHours, hideContent: false }, caller('bob'))
  await call(replica, groupId)
  await replica.letters.round(now + 2 * HOUR)
  world.attention.set('bob', { active: false, doNotDisturb: true })
  await replica.letters.round(now + 4 * HOUR)
  expect(kinds()).toEqual([])
  world.attention.set('bob', AWAY)
  await replica.letters.round(now + 4 * HOUR)
  expect(kinds()).toEqual([['bob', LetterKind.MISSED]])
})

test('a digest is of every message that notifies, comes in the morning, and also to whoever was there', async () => {
  const groupId = await world.group(['ann', 'bob'])
  const replica = await world.run()
  await replica.commands.setMail(MailChoice.DAILY, undefined, caller('bob'))
  await replica.missed.posted(groupId, await world.post(groupId, 'ann', 'hi'), now)
  await replica.missed.seen('bob')
  world.attention.set('bob', { active: true, doNotDisturb: false })
  await replica.letters.round(now + 7 * HOUR - 1)
  expect(kinds()).toEqual([])
  // Eight in Berlin, where they are.
  await replica.letters.round(now + 7 * HOUR)
  expect(kinds()).toEqual([['bob', LetterKind.DIGEST]])
})

test('two replicas, and one that begins anew, write one letter', async () => {
  const groupId = await world.group(['ann', 'bob'])
  const [one, other] = [await world.run(), await world.run()]
  await call(one, groupId)
  await other.history.catchUp(groupId, caller('bob').signal)
  await vi.waitFor(() => expect(other.missedStore.load('bob').state.waiting).toBeDefined())
  await Promise.all([one.letters.round(now + HOUR), other.letters.round(now + HOUR)])
  await (await world.run()).letters.round(now + HOUR)
  expect(kinds()).toEqual([['bob', LetterKind.MISSED]])
})

test('a process that ends between the letter and its mark: the next one queues the same letter', async () => {
  const groupId = await world.group(['ann', 'bob'])
  const broken = await world.run()
  await call(broken, groupId)
  const added: string[] = []
  const add = vi.spyOn(world.queue, 'add').mockImplementation(async ({ id }) => void added.push(id))
  vi.spyOn(broken.missed, 'written').mockRejectedValue(new Error('the process ended'))
  await expect(broken.letters.round(now + HOUR)).rejects.toThrow('person bob')
  await (await world.run()).letters.round(now + HOUR)
  add.mockRestore()
  expect([added.length, new Set(added).size]).toEqual([2, 1])
})

test('a replica whose view is behind writes no second letter, however late', async () => {
  const groupId = await world.group(['ann', 'bob'])
  const replica = await world.run()
  await call(replica, groupId)
  const behind = replica.missedStore.page('', 10)
  await replica.letters.round(now + HOUR)
  world.queued.clear()
  vi.spyOn(replica.missedStore, 'page').mockReturnValue(behind)
  await replica.letters.round(now + HOUR)
  expect(kinds()).toEqual([])
})

test('of many people who miss something each gets a letter', async () => {
  const people = Array.from({ length: 40 }, (_, i) => `p${i}`)
  const groupId = await world.group(['ann', ...people])
  const replica = await world.run()
  await call(replica, groupId)
  await replica.letters.round(now + HOUR)
  expect(new Set(kinds().map(([userId]) => userId))).toEqual(new Set(people))
})

test('letters are ended by the code in them, and by no other', async () => {
  const { unsubscribing, preferences, commands, store } = { ...(await world.run()), store: world.store }
  const ann = newId()
  await commands.setMail(MailChoice.SOON, true, caller(ann))
  const code = unsubscribing.codeOf(ann)
  const anonymous = () => ({ ...caller(ann), commandId: newId() })
  for (const wrong of [
    '',
    code.slice(1),
    code.slice(0, -1),
    `${newId()}${code.slice(36)}`,
    `${code}AA`,
    'ä'.repeat(60),
  ]) {
    await expect(unsubscribing.end(wrong, anonymous())).rejects.toThrow('MAIL_LINK_INVALID')
  }
  await unsubscribing.end(code, anonymous())
  await unsubscribing.end(code, anonymous())
  expect(preferences.general(ann).state).toMatchObject({ mail: MailChoice.OFF, callInvitations: false })
  expect((await store.last('NOTIFY', notifySettingsSubject(ann)))?.seq).toBe(2)
})
