import { GroupKind } from '@beseda/proto/group/v1/events'
import { NotificationLevel } from '@beseda/proto/notify/v1/events'

/** A part of every day by the clock of a time zone; minutes since midnight. */
export interface DailyHours {
  readonly enabled: boolean
  readonly fromMinute: number
  readonly toMinute: number
  readonly timeZone: string
}

/** What a person wants of one group. */
export interface GroupWish {
  readonly level: NotificationLevel
  /** Unix ms; 0: not muted. */
  readonly mutedUntil: number
}

export const NO_WISH: GroupWish = { level: NotificationLevel.UNSPECIFIED, mutedUntil: 0 }

/** Something that a person could be told, to one who may read it. */
export interface Telling {
  readonly kind: GroupKind
  readonly wish: GroupWish
  /** By name, or as one of all, or of the admins. */
  readonly mentioned: boolean
  /** An answer in a thread, which the person does not see in the group's line. */
  readonly inThread: boolean
  readonly quietHours: DailyHours | undefined
  readonly doNotDisturb: boolean
  readonly now: number
}

/** What a level that nobody has chosen means: of channels only what calls the person. */
export function effectiveLevel(level: NotificationLevel, kind: GroupKind): NotificationLevel {
  if (level !== NotificationLevel.UNSPECIFIED) return level
  return kind === GroupKind.CHANNEL ? NotificationLevel.MENTIONS : NotificationLevel.ALL
}

/** The one rule of who is told what: the notify service pushes by it, the client shows and sounds by it. */
export function isTold({ kind, wish, mentioned, inThread, quietHours, doNotDisturb, now }: Telling): boolean {
  if (doNotDisturb || wish.mutedUntil > now) return false
  if (quietHours && isQuiet(quietHours, now)) return false
  switch (effectiveLevel(wish.level, kind)) {
    case NotificationLevel.ALL:
      return mentioned || !inThread
    case NotificationLevel.MENTIONS:
      return mentioned
    default:
      return false
  }
}

/** Whether a moment lies in the hours. From one minute to the same minute: all day. */
export function isQuiet({ enabled, fromMinute, toMinute, timeZone }: DailyHours, now: number): boolean {
  if (!enabled) return false
  const minute = minuteOfDay(now, timeZone)
  if (fromMinute < toMinute) return minute >= fromMinute && minute < toMinute
  return minute >= fromMinute || minute < toMinute
}

const clocks = new Map<string, Intl.DateTimeFormat>()

/** Minutes since midnight on the clocks of a zone. An unknown zone is UTC. */
function minuteOfDay(now: number, timeZone: string): number {
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
    return false
  }
}
