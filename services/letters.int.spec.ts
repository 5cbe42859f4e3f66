import { commandCommit, JetStreamEventStore } from '@beseda/event-log'
import { newId } from '@beseda/kernel'
import { MAIL_QUEUES, NOTIFY_STREAM, notifyMailSubject, notifyRemindersSubject } from '@beseda/proto'
import { Frequency } from '@beseda/proto/call/v1/events'
import { GroupKind } from '@beseda/proto/group/v1/events'
import { ScheduleService } from '@beseda/proto/group/v1/schedule_service'
import { IdentityService } from '@beseda/proto/identity/v1/identity_service'
import { MailService } from '@beseda/proto/mail/v1/mail_service'
import { CallReminder, MailChoice, MissedNotedSchema } from '@beseda/proto/notify/v1/events'
import { MissedMailService } from '@beseda/proto/notify/v1/missed_mail_service'
import { NotifyService } from '@beseda/proto/notify/v1/notify_service'
import { reasonOf, TestMailbox, TestSystem } from '@beseda/testkit'
import { create } from '@bufbuild/protobuf'
import { timestampFromMs } from '@bufbuild/protobuf/wkt'
import { jetstreamManager } from '@nats-io/jetstream'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { groupService } from './group/src/group.module.js'
import { readCalendar } from './group/src/schedule/testing/read-calendar.js'
import { identityService } from './identity/src/identity.module.js'
import { mailService } from './mail/src/mail.module.js'
import { membershipService } from './membership/src/membership.module.js'
import { notifyService } from './notify/src/notify.module.js'
import { presenceService } from './presence/src/presence.module.js'
import { type Person, peopleOf } from './testing/people.js'

/** Letters in which several services have a part, up to a real SMTP server, with the permissions of production. */
const SITE = 'https://chat.example.org'
let system: TestSystem
let box: TestMailbox
/** The first person administers the installation. */
let admin: Person
beforeAll(async () => {
  box = await TestMailbox.start()
  system = await TestSystem.start(membershipService, groupService, presenceService)
  await system.run(identityService, { env: { MAIL: 'true', PUBLIC_URL: SITE } })
  await system.run(notifyService, { env: { MAIL: 'true', MAIL_NAMES: 'true' } })
  // A second replica, which writes nothing twice.
  await system.run(notifyService, { env: { MAIL: 'true', MAIL_NAMES: 'true' } })
  await system.run(mailService, { env: { SMTP_URL: box.url, MAIL_FROM: 'Chat <chat@example.org>', PUBLIC_URL: SITE } })
  admin = await person('Ada Admin')
})
afterAll(async () => {
  await system?.stop()
  await box?.stop()
})
const { person, group, say } = peopleOf(() => system)

const mailsTo = (address: string) => box.mails.filter(({ to }) => to.includes(address)).map(({ parsed }) => parsed)
const notifyOf = ({ id }: Person) => system.client(MissedMailService, { userId: id })

/** Somebody who has confirmed an address. */
async function reachable(name: string, address: string): Promise<Person> {
  const somebody = await person(name)
  const mail = system.client(MailService, { userId: somebody.id })
  await mail.setEmail({ commandId: newId(), address, password: 'correct horse' })
  const code = await vi.waitFor(() => {
    const found = /confirm-email#([\w-]+)/.exec(mailsTo(address).at(-1)?.text ?? '')?.[1]
    expect(found).toBeDefined()
    return found ?? ''
  })
  await system.client(MailService).confirmEmail({ code })
  return somebody
}

async function withLog<T>(use: (store: JetStreamEventStore) => Promise<T>): Promise<T> {
  const bus = await system.nats.connect('admin')
  try {
    return await use(await JetStreamEventStore.open(bus))
  } finally {
    await bus.close()
  }
}

/** What the log says of a person last: `missedNoted`, `missedSettled`, or nothing. */
const noted = ({ id }: Person) =>
  withLog(async (store) => (await store.last(NOTIFY_STREAM, notifyMailSubject(id)))?.commit.events[0]?.body.case)

/** As if the hour were over. */
const passTime = ({ id }: Person, digest = false) =>
  withLog(async (store) => {
    const value = create(MissedNotedSchema, { since: timestampFromMs(1), dueAt: timestampFromMs(2), digest })
    const command = { commandId: newId(), actorId: id, now: new Date() }
    const commit = commandCommit(command, [{ case: 'missedNoted', value }])
    await store.append({ stream: NOTIFY_STREAM, subject: notifyMailSubject(id), commit })
  })

/**
 * Waits until a letter about what was missed that became due now has come, and nothing waits to be sent: what was due before it has come by
 * then, if it comes at all.
 */
async function everythingDueHasCome(): Promise<void> {
  const address = `${newId()}@b.org`
  const [ann, marker] = [await person('Anna'), await reachable('Marker', address)]
  await say(ann, await group(ann, [marker], GroupKind.DIRECT), 'hi')
  await expect.poll(() => noted(marker)).toBe('missedNoted')
  await passTime(marker)
  await expect.poll(() => mailsTo(address).length).toBe(2)
  const bus = await system.nats.connect('admin')
  const { streams } = await jetstreamManager(bus)
  for (const { stream } of Object.values(MAIL_QUEUES)) {
    await expect.poll(async () => (await streams.info(stream)).state.messages).toBe(0)
  }
  await bus.close()
}

test('who misses a direct message is written to once, ends these letters by one click, and gets no more', async () => {
  const [ann, bob] = [await person('Anna'), await reachable('Bob', 'bob@b.org')]
  const groupId = await group(ann, [bob], GroupKind.DIRECT)
  await say(ann, groupId, 'a secret')
  await expect.poll(() => noted(bob)).toBe('missedNoted')
  await say(ann, groupId, 'another one')
  await passTime(bob)
  const letter = await vi.waitFor(() => {
    const found = mailsTo('bob@b.org').find(({ subject }) => subject?.startsWith('You missed'))
    expect(found).toBeDefined()
    return found!
  })
  await expect.poll(() => noted(bob)).toBe('missedSettled')
  expect(letter.text).toContain('2 direct messages')
  expect(letter.text).toContain('- Anna: 2 messages')
  expect(`${letter.text}${letter.html}`).not.toContain('secret')

  const code = /unsubscribe#([\w-]+)/.exec(letter.text ?? '')?.[1] ?? ''
  const anybody = system.client(MissedMailService)
  expect(await reasonOf(anybody.unsubscribe({ code: code.replace(/.$/, code.endsWith('A') ? 'Q' : 'A') }))).toBe(
    'MAIL_LINK_INVALID',
  )
  await anybody.unsubscribe({ code })
  expect((await notifyOf(bob).getMailChoice({})).mail).toBe(MailChoice.OFF)
  await passTime(bob)
  await expect.poll(() => noted(bob)).toBe('missedSettled')
  await everythingDueHasCome()
  // One letter of security, and one about what was missed: a second replica wrote none.
  expect(mailsTo('bob@b.org').map(({ subject }) => subject)).toHaveLength(2)
})

test('nobody is written to of what they have read meanwhile, nor of what they have not been told', async () => {
  const [ann, bob] = [await person('Anna'), await reachable('Bob', 'reader@b.org')]
  const groupId = await group(ann, [bob])
  const { seq = 0n } = await say(ann, groupId, `<@${bob.id}> tea?`)
  await expect.poll(() => noted(bob)).toBe('missedNoted')
  await bob.groups.markRead({ groupId, seq })
  await expect.poll(() => noted(bob)).toBe('missedSettled')
  await passTime(bob)
  await expect.poll(() => noted(bob)).toBe('missedSettled')
  // A letter that was queued all the same finds nothing when it is about to be sent.
  expect(await system.asOperator(MissedMailService, (all) => all.countMissed({ userId: bob.id }))).toMatchObject({
    missed: false,
  })
  await everythingDueHasCome()
  expect(mailsTo('reader@b.org')).toHaveLength(1)
})

test('a digest names what is unread in all conversations', async () => {
  const [ann, bob] = [await person('Anna'), await reachable('Bob', 'digest@b.org')]
  await notifyOf(bob).setMailChoice({ commandId: newId(), mail: MailChoice.DAILY })
  const groupId = await group(ann, [bob])
  for (const text of ['one', 'two', `three <@${bob.id}>`]) await say(ann, groupId, text)
  await expect.poll(() => noted(bob)).toBe('missedNoted')
  await passTime(bob, true)
  await vi.waitFor(() =>
    expect(mailsTo('digest@b.org').at(-1)?.subject).toBe('Unread conversations at chat.example.org'),
  )
  const text = mailsTo('digest@b.org').at(-1)?.text
  expect(text).toContain('3 messages and 1 mention in 1 conversation')
  expect(text).toContain('- Chess: 3 messages and 1 mention')
})

/** The link in the only letter to an address. */
const linkFor = (address: string) =>
  vi.waitFor(() => {
    const texts = mailsTo(address).map(({ text }) => text ?? '')
    expect(texts).toHaveLength(1)
    return { text: texts[0] ?? '', link: new RegExp(`${SITE}/\\S+`).exec(texts[0] ?? '')?.[0] ?? '' }
  })
const mailOf = ({ id }: Person) => system.client(MailService, { userId: id })

test('an administrator sends an account invite to an address, and whoever reads it registers', async () => {
  const { invite } = await admin.identity.createAccountInvite({ commandId: newId(), maxUses: 1 })
  const { id: inviteId = '', code = '' } = invite ?? {}
  const request = { commandId: newId(), code, address: 'newcomer@b.org' }
  await mailOf(admin).sendInvite(request)
  await mailOf(admin).sendInvite(request)
  // Another one on the same day is accepted, and not sent.
  await mailOf(admin).sendInvite({ ...request, commandId: newId() })
  const { text, link } = await linkFor('newcomer@b.org')
  expect(text).toContain('Ada Admin invites you to chat.example.org.')
  expect(link).toBe(`${SITE}/register#invite=${code}`)
  const person = { username: 'newcomer', displayName: 'New', password: 'correct horse', device: { id: newId() } }
  const { me } = await system
    .client(IdentityService)
    .register({ ...person, commandId: newId(), code: link.split('=')[1] ?? '' })
  expect(me?.user?.username).toBe('newcomer')
  await admin.identity.revokeAccountInvite({ commandId: newId(), inviteId })
  const late = { ...request, commandId: newId(), address: 'late@b.org' }
  expect(await reasonOf(mailOf(admin).sendInvite(late))).toBe('INVITE_REVOKED')
})

test('whoever has made an invite of a group sends it, and nobody else sends theirs', async () => {
  const [ann, bob] = [await person('Anna'), await person('Bob')]
  const groupId = await group(ann, [bob])
  const { code } = await ann.membership.createInvite({ commandId: newId(), groupId })
  const send = (somebody: Person, address: string) =>
    reasonOf(mailOf(somebody).sendInvite({ commandId: newId(), code, address }))
  expect([await send(bob, 'x@b.org'), await send(admin, 'x@b.org')]).toEqual(['NOT_PERMITTED', 'NOT_PERMITTED'])
  expect(await send(ann, 'a@b.org\r\nBcc: x@b.org')).toBe('BAD_EMAIL')
  expect(await send(ann, 'friend@b.org')).toBe('accepted')
  const { text, link } = await linkFor('friend@b.org')
  expect(text).toContain('Anna invites you to the group “Chess” at chat.example.org.')
  expect(link).toBe(`${SITE}/invite/${code}`)
  await everythingDueHasCome()
  expect(mailsTo('x@b.org')).toEqual([])
})

test('a person whom nothing else reaches is reminded of a scheduled call by one letter, however many replicas there are', async () => {
  const [eve, fay] = [await reachable('Eve', 'eve@example.org'), await reachable('Fay', 'fay@example.org')]
  const groupId = await group(eve, [fay])
  const settings = { commandId: newId(), quietHours: { timeZone: 'UTC' }, callReminder: CallReminder.OFF }
  await system.client(NotifyService, { userId: fay.id }).updateNotificationSettings(settings)
  const start = new Date(Math.ceil(Date.now() / 60_000) * 60_000 + 3 * 60_000)
  const terms = { title: 'Chess night', startsAt: start.toISOString().slice(0, 16), timeZone: 'UTC', durationMin: 30 }
  const schedules = system.client(ScheduleService, { userId: eve.id })
  const { scheduleId } = await schedules.scheduleCall({ commandId: newId(), groupId, terms })
  const reminders = (address: string) =>
    mailsTo(address).filter(({ subject }) => subject === `A call begins soon at chat.example.org`)
  await expect.poll(() => reminders('eve@example.org')).toHaveLength(1)
  const [letter] = reminders('eve@example.org')
  expect(letter?.text).toContain('the call “Chess night” begins soon')
  expect(letter?.text).toContain(`${SITE}/g/${groupId}/call/${scheduleId}`)
  await expect.poll(() => withLog((store) => store.last(NOTIFY_STREAM, notifyRemindersSubject(groupId)))).toBeDefined()
  await everythingDueHasCome()
  expect(reminders('eve@example.org')).toHaveLength(1)
  expect(reminders('fay@example.org')).toEqual([])
})

test('who wants it gets calls as invitations from the installation, a newer one for a change, and one that ends it on leaving', async () => {
  const [ann, bob] = [await person('Anna'), await reachable('Bob “Б” Ким', 'invited@example.org')]
  const groupId = await group(ann, [bob])
  await notifyOf(bob).setMailChoice({ commandId: newId(), callInvitations: true })
  // Beside it: of whose calls the last one is left out after others have taken place.
  const cid = await reachable('Cid', 'cid@example.org')
  const cids = await group(ann, [cid])
  await notifyOf(cid).setMailChoice({ commandId: newId(), callInvitations: true })
  const now = Date.now()
  const daysFromNow = (days: number) => new Date(now + days * 86_400_000).toISOString().slice(0, 16)
  expect(await notifyOf(bob).getMailChoice({})).toMatchObject({ mail: MailChoice.UNSPECIFIED, callInvitations: true })
  const recurrence = { frequency: Frequency.WEEKLY, interval: 1, count: 4 }
  const terms = {
    title: 'Шахматы',
    startsAt: '2030-03-25T10:00',
    timeZone: 'Europe/Berlin',
    durationMin: 30,
    recurrence,
  }
  const schedules = system.client(ScheduleService, { userId: ann.id })
  const { scheduleId } = await schedules.scheduleCall({ commandId: newId(), groupId, terms })
  const weekly = { startsAt: daysFromNow(-5), timeZone: 'Europe/Moscow', recurrence: { ...recurrence, count: 2 } }
  const partlyOver = { commandId: newId(), groupId: cids, terms: { ...terms, ...weekly } }
  const { scheduleId: overId } = await schedules.scheduleCall(partlyOver)
  /** Parts of a letter that calendars read, with what the MIME type says. */
  const calendars = (address = 'invited@example.org') =>
    mailsTo(address).flatMap(({ attachments }) =>
      attachments
        .filter(({ filename, contentType }) => filename === 'invite.ics' || contentType === 'text/calendar')
        .slice(0, 1)
        .map(({ content }) => readCalendar(content.toString())),
    )
  const said = (address?: string) =>
    calendars(address).map((calendar) => {
      const event = calendar.getFirstSubcomponent('vevent')
      return [calendar.getFirstPropertyValue('method'), event?.getFirstPropertyValue('sequence')]
    })
  await expect.poll(() => said()).toEqual([['REQUEST', 0]])
  await expect.poll(() => said('cid@example.org')).toEqual([['REQUEST', 0]])
  const [event, ...others] = calendars()[0]?.getAllSubcomponents('vevent') ?? []
  expect(others).toEqual([])
  const propertyOf = (name: string) => event?.getFirstPropertyValue(name)
  expect(['uid', 'summary', 'url', 'organizer', 'attendee'].map(propertyOf)).toEqual([
    ...[`${scheduleId}@beseda`, 'Шахматы', `${SITE}/g/${groupId}/call/${scheduleId}`],
    ...['mailto:chat@example.org', 'mailto:invited@example.org'],
  ])
  const letter = mailsTo('invited@example.org').at(-1)
  expect(letter?.from?.value).toMatchObject([{ address: 'chat@example.org' }])
  expect(letter?.text).toContain('the call “Шахматы”')
  const change = { groupId, scheduleId, occurrence: '2030-04-01T10:00', cancelled: true }
  await schedules.changeOccurrence({ commandId: newId(), ...change })
  await expect
    .poll(() => said())
    .toEqual([
      ['REQUEST', 0],
      ['REQUEST', 1],
    ])
  expect(String(calendars()[1]?.getFirstSubcomponent('vevent')?.getFirstPropertyValue('exdate'))).toBe(
    '2030-04-01T10:00:00',
  )
  const last = { groupId: cids, scheduleId: overId, occurrence: daysFromNow(2), cancelled: true }
  await schedules.changeOccurrence({ commandId: newId(), ...last })
  await bob.membership.leaveGroup({ commandId: newId(), groupId })
  await expect.poll(() => said().at(-1)).toEqual(['CANCEL', 2])
  await expect.poll(() => said('cid@example.org').at(-1)).toEqual(['REQUEST', 1])
  const over = calendars('cid@example.org').at(-1)?.getFirstSubcomponent('vevent')
  expect(String(over?.getFirstPropertyValue('exdate'))).toBe(`${last.occurrence}:00`)
  expect(over?.getFirstPropertyValue('url')).toBe(`${SITE}/g/${cids}/call/${overId}`)
  expect(mailsTo('cid@example.org').at(-1)?.subject).toBe('A call was removed from your calendar')
  await everythingDueHasCome()
  expect(said()).toHaveLength(3)
  expect(mailsTo('invited@example.org').at(-1)?.text).not.toContain('Шахматы')
})
