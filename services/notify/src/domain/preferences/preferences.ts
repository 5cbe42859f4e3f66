import { type EventBody } from '@beseda/event-log'
import { Refusal } from '@beseda/kernel'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import type { Event } from '@beseda/proto/log/v1/commit'
import {
  CallReminder,
  GroupNotificationsChangedSchema,
  MailChoice,
  NotificationSettingsChangedSchema,
  QuietHoursSchema,
} from '@beseda/proto/notify/v1/events'
import { type DailyHours, DEFAULT_PREFERENCE, type GroupPreference, isTimeZone } from '@beseda/rules'
import { create } from '@bufbuild/protobuf'
import { timestampFromMs, timestampMs } from '@bufbuild/protobuf/wkt'

/** What holds for all groups of a person. */
export interface GeneralPreferences {
  readonly quietHours: DailyHours | undefined
  /** Notifications name the group, and neither author nor text. */
  readonly hideContent: boolean
  /** When they are written to about what they have missed. */
  readonly mail: MailChoice
  /** How long before scheduled calls they are reminded. */
  readonly callReminder: CallReminder
  /** Calls of their groups come as invitations by mail. */
  readonly callInvitations: boolean
}

/** Notification preferences of a person. A group without an entry has the default. */
export interface Preferences {
  readonly general: GeneralPreferences
  readonly groups: ReadonlyMap<string, GroupPreference>
}

export type PreferenceChange =
  | { readonly kind: 'general'; readonly general: GeneralPreferences }
  | { readonly kind: 'group'; readonly groupId: string; readonly preference: GroupPreference }

/** An event of a person's preferences. `groupId`: from its subject; empty for the general ones. */
export interface PreferenceEvent {
  readonly groupId: string
  readonly body: Event['body']
}

export const DEFAULT_GENERAL: GeneralPreferences = {
  quietHours: undefined,
  hideContent: false,
  mail: MailChoice.UNSPECIFIED,
  callReminder: CallReminder.UNSPECIFIED,
  callInvitations: false,
}

export function changesOf({ groupId, body }: PreferenceEvent): readonly PreferenceChange[] {
  if (body.case === 'notificationSettingsChanged') {
    const { quietHours, hideContent, mail, callReminder, callInvitations } = body.value
    const hours = quietHours && hoursOf(quietHours)
    const general = { quietHours: hours, hideContent, mail, callReminder, callInvitations }
    return [{ kind: 'general', general }]
  }
  if (body.case !== 'groupNotificationsChanged') return []
  const { level, mutedUntil } = body.value
  const preference = { level, mutedUntil: mutedUntil ? timestampMs(mutedUntil) : 0 }
  return [{ kind: 'group', groupId, preference }]
}

export function apply(preferences: Preferences, change: PreferenceChange): Preferences {
  if (change.kind === 'general') return { ...preferences, general: change.general }
  const groups = new Map(preferences.groups)
  if (isSamePreference(change.preference, DEFAULT_PREFERENCE)) groups.delete(change.groupId)
  else groups.set(change.groupId, change.preference)
  return { ...preferences, groups }
}

const INITIAL: Preferences = { general: DEFAULT_GENERAL, groups: new Map() }

export const preferencesFold = {
  initialState: INITIAL,
  evolve: (preferences: Preferences, event: PreferenceEvent): Preferences =>
    changesOf(event).reduce(apply, preferences),
}

/** Errors: INVALID_REQUEST for a time zone that this runtime does not know. */
export function changeGeneral(wanted: GeneralPreferences, present: GeneralPreferences): readonly EventBody[] {
  const { quietHours, hideContent, mail, callReminder, callInvitations } = wanted
  if (quietHours?.enabled && !isTimeZone(quietHours.timeZone)) {
    throw new Refusal(ErrorReason.INVALID_REQUEST, { field: 'quiet_hours.time_zone' })
  }
  const isSame =
    hideContent === present.hideContent &&
    mail === present.mail &&
    callReminder === present.callReminder &&
    callInvitations === present.callInvitations
  if (isSame && isSameHours(quietHours, present.quietHours)) return []
  const hours = quietHours ? { quietHours: create(QuietHoursSchema, { ...quietHours }) } : {}
  return [
    {
      case: 'notificationSettingsChanged',
      value: create(NotificationSettingsChangedSchema, { ...hours, hideContent, mail, callReminder, callInvitations }),
    },
  ]
}

export function changeGroup(wanted: GroupPreference, present: GroupPreference): readonly EventBody[] {
  if (isSamePreference(wanted, present)) return []
  const { level, mutedUntil } = wanted
  const muted = mutedUntil > 0 ? { mutedUntil: timestampFromMs(mutedUntil) } : {}
  return [{ case: 'groupNotificationsChanged', value: create(GroupNotificationsChangedSchema, { level, ...muted }) }]
}

const hoursOf = ({ enabled, fromMinute, toMinute, timeZone }: DailyHours): DailyHours => ({
  enabled,
  fromMinute,
  toMinute,
  timeZone,
})

const isSamePreference = (one: GroupPreference, other: GroupPreference): boolean =>
  one.level === other.level && one.mutedUntil === other.mutedUntil

const isSameHours = (one: DailyHours | undefined, other: DailyHours | undefined): boolean =>
  one?.enabled === other?.enabled &&
  one?.fromMinute === other?.fromMinute &&
  one?.toMinute === other?.toMinute &&
  one?.timeZone === other?.timeZone
