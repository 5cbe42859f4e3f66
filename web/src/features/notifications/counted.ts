import { NotificationLevel } from '@beseda/proto/notify/v1/events'
import { effectiveLevel, type GroupPreference } from '@beseda/rules'
import type { Conversation } from '../../sync/model/model.js'
import { isUnread } from '../../sync/model/read-mark.js'

/** A muted conversation, or one set to nothing: the person does not want to hear of it. */
export const isQuietNow = (
  { kind }: Pick<Conversation, 'kind'>,
  { level, mutedUntil }: GroupPreference,
  now: number,
): boolean => mutedUntil > now || effectiveLevel(level, kind) === NotificationLevel.NOTHING

/** The person is called in it, and wants to hear of it: a badge shows it outside the conversation too. */
export const isCalledIn = (
  { kind, read }: Pick<Conversation, 'kind' | 'read'>,
  preference: GroupPreference,
  now: number,
): boolean => read.mentions > 0 && !isQuietNow({ kind }, preference, now)

/**
 * What one conversation adds to the number in the title and on the installed app: its mentions and missed calls, else 1 for anything
 * unread. A quiet conversation adds nothing, one set to mentions only those and missed calls.
 */
export function countedIn(
  { kind, read }: Pick<Conversation, 'kind' | 'read'>,
  preference: GroupPreference,
  now: number,
  missedCalls = 0,
): number {
  if (isQuietNow({ kind }, preference, now)) return 0
  const wantsAll = effectiveLevel(preference.level, kind) === NotificationLevel.ALL
  return read.mentions + missedCalls || Number(wantsAll && isUnread(read))
}
