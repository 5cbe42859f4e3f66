import { GroupKind } from '@beseda/proto/group/v1/events'
import { NotificationLevel } from '@beseda/proto/notify/v1/events'

/** A daily period by the clock of a time zone, in minutes since midnight. */
export interface DailyHours {
  readonly enabled: boolean
  readonly fromMinute: number
  readonly toMinute: number
  readonly timeZone: string
}

/** What a person wants to be notified of in one group. */
export interface GroupPreference {
  readonly level: NotificationLevel
  /** Unix ms; 0: not muted. */
  readonly mutedUntil: number
}

export const DEFAULT_PREFERENCE: GroupPreference = { level: NotificationLevel.UNSPECIFIED, mutedUntil: 0 }

/** A message or a call that a reader could be notified of. */
export interface NotificationCase {
  readonly kind: GroupKind
  readonly preference: GroupPreference
  /** The message mentions the person (`mentionsMember`), or a call rings them. */
  readonly mentioned: boolean
  /** A reply in a thread, which is not shown among the messages of the group. */
  readonly inThread: boolean
  readonly quietHours: DailyHours | undefined
  readonly doNotDisturb: boolean
  readonly now: number
}

/** The level that applies when the person has chosen none: in channels mentions only. */
export function effectiveLevel(level: NotificationLevel, kind: GroupKind): NotificationLevel {
  if (level !== NotificationLevel.UNSPECIFIED) return level
  return kind === GroupKind.CHANNEL ? NotificationLevel.MENTIONS : NotificationLevel.ALL
}

/** The one rule of what a person is notified of, by their preferences: the push service and the client use it. */
export function mayNotify({
  kind,
  preference,
  mentioned,
  inThread,
  quietHours,
  doNotDisturb,
  now,
}: NotificationCase): boolean {
  if (doNotDisturb || preference.mutedUntil > now) return false
  if (quietHours && isQuiet(quietHours, now)) return false
  switch (effectiveLevel(preference.level, kind)) {
    case NotificationLevel.ALL:
      return mentioned || !inThread
    case NotificationLevel.MENTIONS:
      return mentioned
    default:
      return false
  }
}

/** Whether a moment is within the hours. The same minute at both ends means all day. */
export function isQuiet({ enabled, fromMinute, toMinute, timeZone }: DailyHours, now: number): boolean {
  if (!enabled) return false
  const minute = minuteOfDay(now, timeZone)
  if (fromMinute < toMinute) return minute >= fromMinute && minute < toMinute
  return minute >= fromMinute || minute < toMinute
}

const clocks = new Map<string, Intl.DateTimeFormat>()

/** Minutes since midnight in a zone. An unknown zone is UTC. */
export function minuteOfDay(now: number, timeZone: string): number {
  const zone = isTimeZone(timeZone) ? timeZone : 'UTC'
  const clock =
    clocks.get(zone) ??
    new Intl.DateTimeFormat('en', { timeZone: zone, hour: 'numeric', minute: 'numeric', hourCycle: 'h23' })
  clocks.set(zone, clock)
  const parts = clock.formatToParts(now)
  const read = (type: 'hour' | 'minute') => Number(parts.find((part) => part.type === type)?.value ?? 0)
  return read('hour') * 60 + read('minute')
}

/** An IANA name that this runtime knows. */
export function isTimeZone(name: string): boolean {
  if (name === '') return false
  try {
    new Intl.DateTimeFormat('en', { timeZone: name })
    return true
  } catch {
    // RangeError: there is no such time zone.
    return false
  }
}
