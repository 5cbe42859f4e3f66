import { commandCommit, type EventBody, type SqliteView, type StoredCommit } from '@beseda/event-log'
import { checkViewLaw, type LogEntry } from '@beseda/event-log/testing'
import { newId } from '@beseda/kernel'
import {
  blockSubject,
  goneSubject,
  historyStream,
  historySubject,
  NOTIFY_STREAM,
  notifyGroupSubject,
  notifyListSubject,
  notifyMailSubject,
  notifyPushSubject,
  notifySettingsSubject,
  PEOPLE_STREAM,
  parseHistorySubject,
  parseNotifySubject,
  parsePeopleSubject,
} from '@beseda/proto'
import { Role } from '@beseda/proto/common/v1/roles'
import { GroupCreatedSchema, GroupDeletedSchema, GroupKind, GroupUpdatedSchema } from '@beseda/proto/group/v1/events'
import { BlockChangedSchema, PersonGoneSchema } from '@beseda/proto/identity/v1/events'
import { MemberRemovedSchema, MembersAddedSchema, RoleChangedSchema } from '@beseda/proto/membership/v1/events'
import {
  GroupNotificationsChangedSchema,
  ListArrangedSchema,
  MailChoice,
  MissedNotedSchema,
  MissedSettledSchema,
  NotificationLevel,
  NotificationSettingsChangedSchema,
  PushSubscribedSchema,
  PushUnsubscribedSchema,
} from '@beseda/proto/notify/v1/events'
import { create } from '@bufbuild/protobuf'
import { timestampFromMs } from '@bufbuild/protobuf/wkt'
import fc from 'fast-check'
import { test } from 'vitest'
import { devicesFold } from '../../domain/devices/push-device.js'
import { type Group, groupFold } from '../../domain/groups/group.js'
import { type Person, personFold } from '../../domain/groups/person.js'
import { arrangementFold } from '../../domain/list/arrangement.js'
import { missedFold } from '../../domain/mail/missed.js'
import { preferencesFold } from '../../domain/preferences/preferences.js'
import { SqliteArrangementStore } from './arrangement-store.js'
import { SqliteAudience } from './audience-reader.js'
import { SqliteMissedStore } from './missed-store.js'
import { notifyView } from './notify-view.js'
import { SqlitePreferencesStore } from './preferences-store.js'
import { SqlitePushDeviceStore } from './push-device-store.js'

const NOW = new Date('2026-01-01T00:00:00Z')
const entry = (stream: string, subject: string, body: EventBody): LogEntry => ({
  stream,
  subject,
  commit: commandCommit({ commandId: newId(), actorId: 'ann', now: NOW }, [body]),
})
const person = fc.constantFrom('ann', 'bob', 'cat')
const groupId = fc.constantFrom('chess', 'choir')
const session = fc.constantFrom('phone', 'desk')
const flag = fc.boolean()

const general = fc
  .record({
    ...{ userId: person, hideContent: flag, enabled: flag, hours: flag },
    mail: fc.constantFrom(MailChoice.UNSPECIFIED, MailChoice.OFF, MailChoice.DAILY),
  })
  .map(({ userId, hideContent, enabled, hours, mail }) => {
    const quiet = hours ? { quietHours: { enabled, fromMinute: 60, toMinute: 120, timeZone: 'UTC' } } : {}
    const value = create(NotificationSettingsChangedSchema, { hideContent, mail, ...quiet })
    return entry(NOTIFY_STREAM, notifySettingsSubject(userId), { case: 'notificationSettingsChanged', value })
  })
const groupPreference = fc
  .record({
    userId: person,
    id: groupId,
    level: fc.constantFrom(NotificationLevel.UNSPECIFIED, NotificationLevel.MENTIONS, NotificationLevel.NOTHING),
    muted: fc.constantFrom(0, 5_000),
  })
  .map(({ userId, id, level, muted }) => {
    const until = muted > 0 ? { mutedUntil: timestampFromMs(muted) } : {}
    const value = create(GroupNotificationsChangedSchema, { level, ...until })
    return entry(NOTIFY_STREAM, notifyGroupSubject(userId, id), { case: 'groupNotificationsChanged', value })
  })
const arranged = fc
  .record({ userId: person, groupIds: fc.subarray(['chess', 'choir']), place: fc.nat(2) })
  .map(({ userId, groupIds, place }) => {
    const sections = place === 0 ? [{ id: 'w', name: 'Work', groupIds }] : []
    const value = create(ListArrangedSchema, {
      sections,
      favouriteIds: place === 1 ? groupIds : [],
      archivedIds: place === 2 ? groupIds : [],
    })
    return entry(NOTIFY_STREAM, notifyListSubject(userId), { case: 'listArranged', value })
  })
const missed = fc.record({ userId: person, settled: flag, digest: flag, letters: fc.nat(3) }).map((one) => {
  const { userId, settled, digest, letters } = one
  const value = { since: timestampFromMs(1_000), dueAt: timestampFromMs(2_000), digest, letters }
  const body: EventBody = settled
    ? { case: 'missedSettled', value: create(MissedSettledSchema, { letters }) }
    : { case: 'missedNoted', value: create(MissedNotedSchema, value) }
  return entry(NOTIFY_STREAM, notifyMailSubject(userId), body)
})
const device = fc
  .record({
    userId: person,
    sessionId: session,
    subscribed: flag,
    byte: fc.nat(255),
    locale: fc.constantFrom('en', 'ru'),
  })
  .map(({ userId, sessionId, subscribed, byte, locale }) => {
    const keys = { p256dh: Uint8Array.of(byte), auth: Uint8Array.of(byte, byte) }
    const value = create(PushSubscribedSchema, { deviceId: sessionId, endpoint: `https://p/${byte}`, ...keys, locale })
    const body: EventBody = subscribed
      ? { case: 'pushSubscribed', value }
      : { case: 'pushUnsubscribed', value: create(PushUnsubscribedSchema) }
    return entry(NOTIFY_STREAM, notifyPushSubject(userId, sessionId), body)
  })
const people = fc.array(person, { maxLength: 3 })
const onGroup = fc
  .record({
    id: groupId,
    userId: person,
    others: people,
    name: fc.constantFrom('a', 'b'),
    archived: flag,
    pick: fc.nat(5),
  })
  .map(({ id, userId, others, name, archived, pick }) => {
    const kind = GroupKind.GROUP
    const bodies: EventBody[] = [
      {
        case: 'groupCreated',
        value: create(GroupCreatedSchema, { kind, name, ownerId: userId, memberIds: [userId, ...others] }),
      },
      { case: 'groupUpdated', value: create(GroupUpdatedSchema, archived ? { archived } : { name }) },
      { case: 'groupDeleted', value: create(GroupDeletedSchema) },
      { case: 'membersAdded', value: create(MembersAddedSchema, { userIds: others }) },
      { case: 'memberRemoved', value: create(MemberRemovedSchema, { userId }) },
      { case: 'roleChanged', value: create(RoleChangedSchema, { userId, role: Role.ADMIN }) },
    ]
    const body = bodies[pick] as EventBody
    const lane = pick < 3 ? 'group' : 'roster'
    return entry(historyStream(0), historySubject(0, id, lane), body)
  })

const onPeople = fc
  .record({ userId: person, otherId: person, blocked: fc.option(flag) })
  .map(({ userId, otherId, blocked }) =>
    blocked === null
      ? entry(PEOPLE_STREAM, goneSubject(userId), { case: 'personGone', value: create(PersonGoneSchema) })
      : entry(PEOPLE_STREAM, blockSubject(userId, otherId), {
          case: 'blockChanged',
          value: create(BlockChangedSchema, { blocked }),
        }),
  )

const histories = fc.array(fc.oneof(general, groupPreference, arranged, missed, device, onGroup, onPeople), {
  maxLength: 30,
})
const onNotify = ({ subject }: StoredCommit, userId: string) => {
  const own = parseNotifySubject(subject)
  return own?.userId === userId ? own : undefined
}

test('preferences: the view holds what the events say', () =>
  checkViewLaw({
    view: notifyView,
    decider: preferencesFold,
    histories,
    eventsOf: (stored) => {
      const own = onNotify(stored, 'ann')
      return own ? stored.commit.events.map(({ body }) => ({ groupId: own.about, body })) : []
    },
    load: (view) => new SqlitePreferencesStore({ view }).load('ann'),
    unordered: ['groups'],
  }))

test('arranged lists: the view holds what the events say', () =>
  checkViewLaw({
    view: notifyView,
    decider: arrangementFold,
    histories,
    eventsOf: (stored) => (onNotify(stored, 'ann') ? stored.commit.events.map(({ body }) => body) : []),
    load: (view) => new SqliteArrangementStore({ view }).load('ann').state,
  }))

test('what people have missed: the view holds what the events say', () =>
  checkViewLaw({
    view: notifyView,
    decider: missedFold,
    histories,
    eventsOf: (stored) => (onNotify(stored, 'ann') ? stored.commit.events.map(({ body }) => body) : []),
    load: (view) => ({ missed: new SqliteMissedStore({ view }).load('ann').state }),
  }))

test('devices: the view holds what the events say', () =>
  checkViewLaw({
    view: notifyView,
    decider: {
      initialState: { devices: devicesFold.initialState },
      evolve: ({ devices }, event: Parameters<typeof devicesFold.evolve>[1]) => ({
        devices: devicesFold.evolve(devices, event),
      }),
    },
    histories,
    eventsOf: (stored) => {
      const own = onNotify(stored, 'ann')
      return own ? stored.commit.events.map(({ body }) => ({ sessionId: own.about, body })) : []
    },
    load: (view) => ({ devices: new SqlitePushDeviceStore({ view }).load('ann') }),
    unordered: ['devices'],
  }))

test('groups: the view holds what the events say', () =>
  checkViewLaw<Group, EventBody>({
    view: notifyView,
    decider: groupFold,
    histories,
    eventsOf: ({ subject, commit }) => {
      const isChess = parseHistorySubject(subject)?.groupId === 'chess'
      return isChess ? commit.events.map(({ body }) => body as EventBody) : []
    },
    load: (view) => {
      const { id: _, ...facts } = new SqliteAudience({ view }).group('chess') ?? { id: '' }
      return { facts: 'kind' in facts ? facts : undefined, members: membersOf(view, 'chess') }
    },
    unordered: ['members'],
  }))

const membersOf = (view: SqliteView, id: string): ReadonlyMap<string, Role> => {
  const rows = view.all<{ user_id: string; role: Role }>('SELECT user_id, role FROM member WHERE group_id = ?', id)
  return new Map(rows.map(({ user_id, role }) => [user_id, role]))
}

test('people: the view holds what the events say', () =>
  checkViewLaw<Person, Parameters<typeof personFold.evolve>[1]>({
    view: notifyView,
    decider: personFold,
    histories,
    eventsOf: ({ subject, commit }) => {
      const about = parsePeopleSubject(subject)
      return about?.userId === 'ann' ? commit.events.map(({ body }) => ({ otherId: about.otherId, body })) : []
    },
    load: (view) => {
      const audience = new SqliteAudience({ view })
      const departed = view.get("SELECT 1 FROM gone WHERE user_id = 'ann'") !== undefined
      return { departed, blocked: new Set(['ann', 'bob', 'cat'].filter((id) => audience.hasBlocked('ann', id))) }
    },
    unordered: ['blocked'],
  }))
