import type { SqliteView, StoredCommit, ViewDefinition } from '@beseda/event-log'
import { parseHistorySubject, parseNotifySubject, parsePeopleSubject } from '@beseda/proto'
import type { Event } from '@beseda/proto/log/v1/commit'
import { NotificationSettingsChangedSchema } from '@beseda/proto/notify/v1/events'
import { rosterChanges } from '@beseda/rules'
import { toBinary } from '@bufbuild/protobuf'
import { timestampMs } from '@bufbuild/protobuf/wkt'

/** Who is in which group, what they want to be told, and where their devices are reached. No message is kept. */
export const notifyView: ViewDefinition = {
  name: 'notify',
  version: 1,
  schema: `
    CREATE TABLE grp (
      id TEXT PRIMARY KEY, kind INTEGER NOT NULL, name TEXT NOT NULL, archived INTEGER NOT NULL DEFAULT 0
    ) WITHOUT ROWID;
    CREATE TABLE member (group_id TEXT NOT NULL, user_id TEXT NOT NULL, role INTEGER NOT NULL, PRIMARY KEY (group_id, user_id)) WITHOUT ROWID;
    CREATE TABLE block (user_id TEXT NOT NULL, other_id TEXT NOT NULL, PRIMARY KEY (user_id, other_id)) WITHOUT ROWID;
    CREATE TABLE gone (user_id TEXT PRIMARY KEY) WITHOUT ROWID;
    CREATE TABLE settings (user_id TEXT PRIMARY KEY, event BLOB NOT NULL, seq INTEGER NOT NULL) WITHOUT ROWID;
    CREATE TABLE wish (
      user_id TEXT NOT NULL, group_id TEXT NOT NULL, level INTEGER NOT NULL, muted_until INTEGER NOT NULL, seq INTEGER NOT NULL,
      PRIMARY KEY (user_id, group_id)
    ) WITHOUT ROWID;
    CREATE TABLE push (
      user_id TEXT NOT NULL, session_id TEXT NOT NULL, device_id TEXT NOT NULL, endpoint TEXT NOT NULL, p256dh BLOB NOT NULL, auth BLOB NOT NULL,
      locale TEXT NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY (user_id, session_id)
    ) WITHOUT ROWID;
  `,

  apply(view, stored) {
    const place = parseHistorySubject(stored.subject)
    const person = parsePeopleSubject(stored.subject)
    const wish = parseNotifySubject(stored.subject)
    for (const { body } of stored.commit.events) {
      if (place && place.lane !== 'messages') applyGroup(view, place.groupId, body)
      else if (person) applyPeople(view, person, body)
      else if (wish) applyWish(view, stored, wish, body)
    }
  },
}

function applyGroup(view: SqliteView, groupId: string, body: Event['body']): void {
  if (body.case === 'groupCreated') {
    const { kind, name } = body.value
    view.run('INSERT OR IGNORE INTO grp (id, kind, name) VALUES (?, ?, ?)', groupId, kind, name)
  }
  // Nothing comes before the founding or after the end.
  if (view.get('SELECT 1 FROM grp WHERE id = ?', groupId) === undefined) return
  if (body.case === 'groupUpdated') {
    const { name, archived } = body.value
    const isArchived = archived === undefined ? null : Number(archived)
    const sql = 'UPDATE grp SET name = COALESCE(?, name), archived = COALESCE(?, archived) WHERE id = ?'
    view.run(sql, name ?? null, isArchived, groupId)
  }
  if (body.case === 'groupDeleted') {
    view.run('DELETE FROM grp WHERE id = ?', groupId)
    view.run('DELETE FROM member WHERE group_id = ?', groupId)
  }
  for (const { userId, role } of rosterChanges(body)) {
    if (role === undefined) view.run('DELETE FROM member WHERE group_id = ? AND user_id = ?', groupId, userId)
    else view.run('INSERT OR REPLACE INTO member VALUES (?, ?, ?)', groupId, userId, role)
  }
}

function applyPeople(
  view: SqliteView,
  { userId, otherId }: { readonly userId: string; readonly otherId: string | undefined },
  body: Event['body'],
): void {
  if (body.case === 'personGone') view.run('INSERT OR IGNORE INTO gone VALUES (?)', userId)
  if (body.case !== 'blockChanged' || otherId === undefined) return
  if (body.value.blocked) view.run('INSERT OR IGNORE INTO block VALUES (?, ?)', userId, otherId)
  else view.run('DELETE FROM block WHERE user_id = ? AND other_id = ?', userId, otherId)
}

/** A row stays when its wish is taken back: the sequence of its subject is what the next command expects. */
function applyWish(
  view: SqliteView,
  { seq }: StoredCommit,
  { userId, about }: { readonly userId: string; readonly about: string },
  body: Event['body'],
): void {
  switch (body.case) {
    case 'notificationSettingsChanged': {
      const event = toBinary(NotificationSettingsChangedSchema, body.value)
      view.run('INSERT OR REPLACE INTO settings VALUES (?, ?, ?)', userId, event, seq)
      return
    }
    case 'groupNotificationsChanged': {
      const { level, mutedUntil } = body.value
      const until = mutedUntil ? timestampMs(mutedUntil) : 0
      view.run('INSERT OR REPLACE INTO wish VALUES (?, ?, ?, ?, ?)', userId, about, level, until, seq)
      return
    }
    case 'pushSubscribed': {
      const { deviceId, endpoint, p256dh, auth, locale } = body.value
      const sql = 'INSERT OR REPLACE INTO push VALUES (?, ?, ?, ?, ?, ?, ?, ?)'
      view.run(sql, userId, about, deviceId, endpoint, p256dh, auth, locale, seq)
      return
    }
    case 'pushUnsubscribed': {
      const nothing = new Uint8Array()
      view.run(
        'INSERT OR REPLACE INTO push VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
        userId,
        about,
        '',
        '',
        nothing,
        nothing,
        '',
        seq,
      )
    }
  }
}
