import type { Projection } from '@beseda/event-log'
import { NotificationSettingsChangedSchema } from '@beseda/proto/notify/v1/events'
import { DEFAULT_PREFERENCE, type GroupPreference } from '@beseda/rules'
import { fromBinary } from '@bufbuild/protobuf'
import type { Loaded, PreferencesStore } from '../../application/ports.js'
import {
  changesOf,
  DEFAULT_GENERAL,
  type GeneralPreferences,
  type Preferences,
} from '../../domain/preferences/preferences.js'

interface PreferenceRow {
  readonly group_id: string
  readonly level: number
  readonly muted_until: number
  readonly seq: number
}

/** Notification preferences in the view. */
export class SqlitePreferencesStore implements PreferencesStore {
  constructor(private readonly projection: Pick<Projection, 'view'>) {}

  general(userId: string): Loaded<GeneralPreferences> {
    const sql = 'SELECT event, seq FROM settings WHERE user_id = ?'
    const row = this.projection.view.get<{ event: Uint8Array; seq: number }>(sql, userId)
    if (!row) return { state: DEFAULT_GENERAL, lastSeq: 0 }
    const value = fromBinary(NotificationSettingsChangedSchema, row.event)
    const [change] = changesOf({ groupId: '', body: { case: 'notificationSettingsChanged', value } })
    return { state: change?.kind === 'general' ? change.general : DEFAULT_GENERAL, lastSeq: row.seq }
  }

  group(userId: string, groupId: string): Loaded<GroupPreference> {
    const sql = 'SELECT * FROM preference WHERE user_id = ? AND group_id = ?'
    const row = this.projection.view.get<PreferenceRow>(sql, userId, groupId)
    return { state: row ? preferenceOf(row) : DEFAULT_PREFERENCE, lastSeq: row?.seq ?? 0 }
  }

  load(userId: string): Preferences {
    return { general: this.general(userId).state, groups: this.#groups(userId, '') }
  }

  loadAsMember(userId: string): Preferences {
    const isMember =
      'AND EXISTS (SELECT 1 FROM member WHERE member.group_id = preference.group_id AND member.user_id = preference.user_id)'
    return { general: this.general(userId).state, groups: this.#groups(userId, isMember) }
  }

  #groups(userId: string, condition: string): ReadonlyMap<string, GroupPreference> {
    const sql = `SELECT * FROM preference WHERE user_id = ? AND (level > 0 OR muted_until > 0) ${condition}`
    const rows = this.projection.view.all<PreferenceRow>(sql, userId)
    return new Map(rows.map((row) => [row.group_id, preferenceOf(row)]))
  }
}

const preferenceOf = ({ level, muted_until }: PreferenceRow): GroupPreference => ({ level, mutedUntil: muted_until })
