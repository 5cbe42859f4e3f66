import { GroupKind } from '@beseda/proto/group/v1/events'
import { NotificationLevel } from '@beseda/proto/notify/v1/events'
import { effectiveLevel, type GroupPreference } from '@beseda/rules'

/** A conversation with what a person has not read in it. */
export interface Unread {
  readonly groupId: string
  readonly kind: GroupKind
  readonly archived: boolean
  readonly preference: GroupPreference
  readonly unread: number
  readonly mentions: number
}

/** What a letter says of a conversation. */
export interface MissedIn {
  readonly groupId: string
  readonly messages: number
  readonly mentions: number
}

/**
 * The conversations that a letter is about, those with mentions first. A muted one, one that notifies of nothing, and one that is read-only
 * count for nothing. `digest`: all unread ones, as far as they notify the person; otherwise mentions and direct messages.
 */
export function missedIn(conversations: readonly Unread[], digest: boolean, now: number): readonly MissedIn[] {
  return conversations
    .flatMap(({ groupId, kind, archived, preference, unread, mentions }): MissedIn[] => {
      const level = effectiveLevel(preference.level, kind)
      if (archived || preference.mutedUntil > now || level === NotificationLevel.NOTHING) return []
      const whole = level === NotificationLevel.ALL && (digest || kind === GroupKind.DIRECT)
      const messages = whole ? unread : 0
      return messages + mentions > 0 ? [{ groupId, messages, mentions }] : []
    })
    .toSorted((one, other) => other.mentions - one.mentions || other.messages - one.messages)
}
