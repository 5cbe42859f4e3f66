import type { SqliteView, StoredCommit, ViewDefinition } from '@beseda/event-log'
import { BESIDE_MESSAGES } from '@beseda/history'
import { parseHistorySubject, parseNotifySubject, parsePeopleSubject } from '@beseda/proto'
import {
  type CallsReminded,
  CallsRemindedSchema,
  ListArrangedSchema,
  NotificationSettingsChangedSchema,
} from '@beseda/proto/notify/v1/events'
import { create, toBinary } from '@bufbuild/protobuf'
import { keptBy } from '../../domain/calendar/calendar.js'
import { type DeviceChange, changesOf as deviceChangesOf } from '../../domain/devices/push-device.js'
import { type GroupChange, changesOf as groupChangesOf } from '../../domain/groups/group.js'
import { type PersonChange, changesOf as personChangesOf } from '../../domain/groups/person.js'
import { invitedBy } from '../../domain/invitations/invitations.js'
import { type Arrangement, changesOf as arrangementChangesOf, eventOf } from '../../domain/list/arrangement.js'
import { type MissedState, changeOf as missedChangeOf } from '../../domain/mail/missed.js'
import { type PreferenceChange, changesOf as preferenceChangesOf } from '../../domain/preferences/preferences.js'
import { applyCalendar, CALENDAR_SCHEMA } from './calendar-view.js'
import { applyInvitations, INVITATION_SCHEMA } from './invitation-view.js'
import { applyScheduleEvent, dropSchedules, SCHEDULE_SCHEMA } from './schedule-view.js'

/** The members of groups, their scheduled calls, notification preferences and devices, and how they have arranged their lists. It holds no message. */
export const notifyView: ViewDefinition = {
  name: 'notify',
  version: 8,
  schema: `
    CREATE TABLE grp (
      id TEXT PRIMARY KEY, kind INTEGER NOT NULL, name TEXT NOT NULL, archived INTEGER NOT NULL DEFAULT 0
    ) WITHOUT ROWID;
    CREATE TABLE member (group_id TEXT NOT NULL, user_id TEXT NOT NULL, role INTEGER NOT NULL, PRIMARY KEY (group_id, user_id)) WITHOUT ROWID;
    CREATE TABLE block (user_id TEXT NOT NULL, other_id TEXT NOT NULL, PRIMARY KEY (user_id, other_id)) WITHOUT ROWID;
    CREATE TABLE gone (user_id TEXT PRIMARY KEY) WITHOUT ROWID;
    CREATE TABLE settings (
      user_id TEXT PRIMARY KEY, event BLOB NOT NULL, mail INTEGER NOT NULL, reminder INTEGER NOT NULL, seq INTEGER NOT NULL,
      invitations INTEGER NOT NULL
    ) WITHOUT ROWID;
    CREATE TABLE missed (
      user_id TEXT PRIMARY KEY, since INTEGER NOT NULL, due_at INTEGER NOT NULL, digest INTEGER NOT NULL, seq INTEGER NOT NULL,
      letters INTEGER NOT NULL
    ) WITHOUT ROWID;
    CREATE INDEX missed_waiting ON missed (user_id) WHERE due_at > 0;
    CREATE TABLE preference (
      user_id TEXT NOT NULL, group_id TEXT NOT NULL, level INTEGER NOT NULL, muted_until INTEGER NOT NULL, seq INTEGER NOT NULL,
      PRIMARY KEY (user_id, group_id)
    ) WITHOUT ROWID;
    CREATE TABLE reminded (group_id TEXT PRIMARY KEY, event BLOB NOT NULL, seq INTEGER NOT NULL) WITHOUT ROWID;
    CREATE TABLE arrangement (user_id TEXT PRIMARY KEY, event BLOB NOT NULL, seq INTEGER NOT NULL) WITHOUT ROWID;
    CREATE TABLE push (
      user_id TEXT NOT NULL, session_id TEXT NOT NULL, device_id TEXT NOT NULL, endpoint TEXT NOT NULL, p256dh BLOB NOT NULL, auth BLOB NOT NULL,
      locale TEXT NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY (user_id, session_id)
    ) WITHOUT ROWID;
    ${INVITATION_SCHEMA}
    ${CALENDAR_SCHEMA}
    ${SCHEDULE_SCHEMA}
  `,

  /** All but messages, which change nothing here. */
  prompt: [...BESIDE_MESSAGES, 'people.>', 'notify.>'],

  apply(view, stored: StoredCommit) {
    const { subject, seq } = stored
    const lane = parseHistorySubject(subject)
    if (lane?.lane === 'messages') return
    const person = parsePeopleSubject(subject)
    const own = parseNotifySubject(subject)
    for (const event of stored.commit.events) {
      const { body } = event
      if (lane) {
        for (const change of groupChangesOf(body)) applyToGroup(view, lane.groupId, change)
        applyScheduleEvent(view, lane.groupId, event)
      }
      if (person) {
        const { userId, otherId } = person
        for (const change of personChangesOf({ otherId, body })) applyToPerson(view, userId, change)
      }
      if (own) {
        const { userId, about } = own
        for (const change of preferenceChangesOf({ groupId: about, body }))
          applyToPreferences(view, userId, change, seq)
        const noted = missedChangeOf(body)
        if (noted) applyMissed(view, userId, noted.missed, seq)
        if (body.case === 'callsReminded') applyReminded(view, userId, body.value, seq)
        const invited = invitedBy(body)
        if (invited) applyInvitations(view, userId, invited, seq)
        const kept = keptBy(body)
        if (kept) applyCalendar(view, userId, kept, seq)
        for (const change of arrangementChangesOf(body)) applyToArrangement(view, userId, change, seq)
        for (const change of deviceChangesOf({ sessionId: about, body })) applyToDevices(view, userId, change, seq)
      }
    }
  },
}

function applyToGroup(view: SqliteView, groupId: string, change: GroupChange): void {
  if (change.kind === 'created') {
    view.run('INSERT OR IGNORE INTO grp (id, kind, name) VALUES (?, ?, ?)', groupId, change.groupKind, change.name)
    return
  }
  if (view.get('SELECT 1 FROM grp WHERE id = ?', groupId) === undefined) return
  switch (change.kind) {
    case 'updated': {
      const { name = null, archived } = change
      const sql = 'UPDATE grp SET name = COALESCE(?, name), archived = COALESCE(?, archived) WHERE id = ?'
      view.run(sql, name, archived === undefined ? null : Number(archived), groupId)
      return
    }
    case 'deleted':
      view.run('DELETE FROM grp WHERE id = ?', groupId)
      view.run('DELETE FROM member WHERE group_id = ?', groupId)
      dropSchedules(view, groupId)
      return
    case 'member': {
      const { userId, role } = change
      if (role === undefined) view.run('DELETE FROM member WHERE group_id = ? AND user_id = ?', groupId, userId)
      else view.run('INSERT OR REPLACE INTO member VALUES (?, ?, ?)', groupId, userId, role)
    }
  }
}

function applyToPerson(view: SqliteView, userId: string, change: PersonChange): void {
  if (change.kind === 'departed') view.run('INSERT OR IGNORE INTO gone VALUES (?)', userId)
  else if (change.blocked) view.run('INSERT OR IGNORE INTO block VALUES (?, ?)', userId, change.otherId)
  else view.run('DELETE FROM block WHERE user_id = ? AND other_id = ?', userId, change.otherId)
}

/** A row stays when its preference is the default again: its sequence is what the next command expects. */
function applyToPreferences(view: SqliteView, userId: string, change: PreferenceChange, seq: number): void {
  if (change.kind === 'general') {
    const { quietHours, hideContent, mail, callReminder, callInvitations } = change.general
    const hours = quietHours ? { quietHours } : {}
    const event = toBinary(
      NotificationSettingsChangedSchema,
      create(NotificationSettingsChangedSchema, { ...hours, hideContent, mail, callReminder, callInvitations }),
    )
    const numbers = [mail, callReminder, seq, Number(callInvitations)]
    view.run('INSERT OR REPLACE INTO settings VALUES (?, ?, ?, ?, ?, ?)', userId, event, ...numbers)
    return
  }
  const { level, mutedUntil } = change.preference
  view.run('INSERT OR REPLACE INTO preference VALUES (?, ?, ?, ?, ?)', userId, change.groupId, level, mutedUntil, seq)
}

/** What is settled has no time; its row stays for its sequence. */
function applyMissed(view: SqliteView, userId: string, { waiting, letters }: MissedState, seq: number): void {
  const { since, dueAt, digest } = waiting ?? { since: 0, dueAt: 0, digest: false }
  view.run(
    'INSERT OR REPLACE INTO missed VALUES (?, ?, ?, ?, ?, ?)',
    userId,
    since,
    dueAt,
    Number(digest),
    seq,
    letters,
  )
}

/** The subject is one of a group. */
function applyReminded(view: SqliteView, groupId: string, reminded: CallsReminded, seq: number): void {
  const event = toBinary(CallsRemindedSchema, reminded)
  view.run('INSERT OR REPLACE INTO reminded VALUES (?, ?, ?)', groupId, event, seq)
}

/** An arrangement without anything is an empty event. */
function applyToArrangement(view: SqliteView, userId: string, arrangement: Arrangement, seq: number): void {
  const event = toBinary(ListArrangedSchema, eventOf(arrangement))
  view.run('INSERT OR REPLACE INTO arrangement VALUES (?, ?, ?)', userId, event, seq)
}

const NOTHING = new Uint8Array()
const UNSUBSCRIBED = { deviceId: '', endpoint: '', p256dh: NOTHING, auth: NOTHING, locale: '' }

/** A session without a subscription has an empty endpoint; its row stays for its sequence. */
function applyToDevices(
  view: SqliteView,
  userId: string,
  { sessionId, subscription }: DeviceChange,
  seq: number,
): void {
  const { deviceId, endpoint, p256dh, auth, locale } = subscription ?? UNSUBSCRIBED
  const sql = 'INSERT OR REPLACE INTO push VALUES (?, ?, ?, ?, ?, ?, ?, ?)'
  view.run(sql, userId, sessionId, deviceId, endpoint, p256dh, auth, locale, seq)
}
