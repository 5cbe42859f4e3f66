import type { SqliteView } from '@beseda/event-log'
import type { Role } from '@beseda/proto/common/v1/roles'
import type { GroupKind } from '@beseda/proto/group/v1/events'
import { type NotificationSettingsChanged, NotificationSettingsChangedSchema } from '@beseda/proto/notify/v1/events'
import type { GroupWish } from '@beseda/rules'
import { NO_WISH } from '@beseda/rules'
import { fromBinary } from '@bufbuild/protobuf'

export interface GroupRow {
  readonly id: string
  readonly kind: GroupKind
  readonly name: string
  readonly archived: number
}

/** A device that is reached by its push service; an empty endpoint: not any more. */
export interface PushRow {
  readonly user_id: string
  readonly session_id: string
  readonly device_id: string
  readonly endpoint: string
  readonly p256dh: Uint8Array
  readonly auth: Uint8Array
  readonly locale: string
  readonly seq: number
}

export const groupById = (view: SqliteView, groupId: string) =>
  view.get<GroupRow>('SELECT * FROM grp WHERE id = ?', groupId)

export const roleIn = (view: SqliteView, groupId: string, userId: string): Role | undefined =>
  view.get<{ role: Role }>('SELECT role FROM member WHERE group_id = ? AND user_id = ?', groupId, userId)?.role

/** Members of a group with a device that can be reached. */
export const reachableMembers = (view: SqliteView, groupId: string) =>
  view.all<{ user_id: string; role: Role }>(
    `SELECT user_id, role FROM member WHERE group_id = ?
     AND EXISTS (SELECT 1 FROM push WHERE push.user_id = member.user_id AND endpoint <> '')`,
    groupId,
  )

export const hasBlocked = (view: SqliteView, userId: string, otherId: string): boolean =>
  view.get('SELECT 1 FROM block WHERE user_id = ? AND other_id = ?', userId, otherId) !== undefined

export const settingsRow = (view: SqliteView, userId: string) =>
  view.get<{ event: Uint8Array; seq: number }>('SELECT event, seq FROM settings WHERE user_id = ?', userId)

export function settingsOf(view: SqliteView, userId: string): NotificationSettingsChanged | undefined {
  const row = settingsRow(view, userId)
  return row && fromBinary(NotificationSettingsChangedSchema, row.event)
}

interface WishRow {
  readonly group_id: string
  readonly level: number
  readonly muted_until: number
  readonly seq: number
}

export const wishRow = (view: SqliteView, userId: string, groupId: string) =>
  view.get<WishRow>('SELECT * FROM wish WHERE user_id = ? AND group_id = ?', userId, groupId)

export function wishOf(view: SqliteView, userId: string, groupId: string): GroupWish {
  const row = wishRow(view, userId, groupId)
  return row ? { level: row.level, mutedUntil: row.muted_until } : NO_WISH
}

/** Groups that the person has a choice for and is in. */
export const wishesOf = (view: SqliteView, userId: string) =>
  view.all<WishRow>(
    `SELECT * FROM wish WHERE user_id = ? AND (level > 0 OR muted_until > 0)
     AND EXISTS (SELECT 1 FROM member WHERE member.group_id = wish.group_id AND member.user_id = wish.user_id)`,
    userId,
  )

export const pushRow = (view: SqliteView, userId: string, sessionId: string) =>
  view.get<PushRow>('SELECT * FROM push WHERE user_id = ? AND session_id = ?', userId, sessionId)

/** All that reach one place: two people may have signed in on one browser. */
export const pushesAt = (view: SqliteView, endpoint: string) =>
  view.all<PushRow>('SELECT * FROM push WHERE endpoint = ?', endpoint)

export const pushesOf = (view: SqliteView, userId: string) =>
  view.all<PushRow>("SELECT * FROM push WHERE user_id = ? AND endpoint <> ''", userId)

/** All subscribed devices, a page after a key. */
export const allPushes = (view: SqliteView, after: PushRow | undefined, limit: number) =>
  view.all<PushRow>(
    "SELECT * FROM push WHERE endpoint <> '' AND (user_id, session_id) > (?, ?) ORDER BY user_id, session_id LIMIT ?",
    after?.user_id ?? '',
    after?.session_id ?? '',
    limit,
  )

/** People whose accounts are no more and of whom something is kept here. */
export const departed = (view: SqliteView): { user_id: string }[] =>
  view.all(
    `SELECT user_id FROM gone WHERE EXISTS (SELECT 1 FROM push WHERE push.user_id = gone.user_id AND endpoint <> '')
     OR EXISTS (SELECT 1 FROM settings WHERE settings.user_id = gone.user_id AND length(event) > 0)
     OR EXISTS (SELECT 1 FROM wish WHERE wish.user_id = gone.user_id AND (level > 0 OR muted_until > 0))`,
  )
