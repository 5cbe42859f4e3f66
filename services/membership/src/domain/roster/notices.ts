import type { Event } from '@beseda/proto/log/v1/commit'
import { NoticeKind } from '@beseda/proto/membership/v1/membership_service'
import { rosterChanges } from '@beseda/rules'
import { timestampMs } from '@bufbuild/protobuf/wkt'

/** What a person is told about a group that they are not, or no longer, in. */
export interface Notice {
  readonly kind: NoticeKind
  /** Who did it; empty: the person is not told. */
  readonly by: string
  readonly reason: string
  /** End of a ban, Unix ms; 0: never. */
  readonly expiresAt: number
  /** Unix ms. */
  readonly at: number
  readonly seq: number
}

/** What an event does to the notices of its group: each person has one at most, the newest. */
export type NoticeChange =
  /** Only of somebody who has asked to join, is a member or was told something before: nobody reaches strangers by banning them. */
  | { readonly type: 'putNotice'; readonly userId: string; readonly notice: Notice }
  | { readonly type: 'dropNotice'; readonly userId: string }
  /** The same for all members but the one who did it. */
  | { readonly type: 'noticeMembers'; readonly notice: Notice }

/** An event with its position in the log. */
interface PlacedEvent {
  readonly body: Event['body']
  readonly actorId: string
  readonly at: number
  readonly seq: number
}

/** Whoever becomes a member needs no notice. */
export function noticeChanges(event: PlacedEvent): NoticeChange[] {
  const { body, actorId } = event
  const joined = rosterChanges(body).filter(({ role }) => role !== undefined)
  if (joined.length > 0) return joined.map(({ userId }) => ({ type: 'dropNotice', userId }))
  switch (body.case) {
    case 'joinRequested':
      return [put(event, body.value.userId, NoticeKind.REQUESTED, {})]
    case 'joinDeclined': {
      const { userId } = body.value
      // Who declined stays among the admins.
      return [userId === actorId ? { type: 'dropNotice', userId } : put(event, userId, NoticeKind.DECLINED, {})]
    }
    case 'memberRemoved':
      return [put(event, body.value.userId, NoticeKind.REMOVED, { by: actorId })]
    case 'memberBanned': {
      const { userId, reason, expiresAt } = body.value
      return [
        put(event, userId, NoticeKind.BANNED, {
          by: actorId,
          reason,
          expiresAt: expiresAt ? timestampMs(expiresAt) : 0,
        }),
      ]
    }
    case 'memberUnbanned':
      return [{ type: 'dropNotice', userId: body.value.userId }]
    case 'groupDeleted':
      return [{ type: 'noticeMembers', notice: noticeOf(event, NoticeKind.GROUP_DELETED, { by: actorId }) }]
    default:
      return []
  }
}

const noticeOf = ({ at, seq }: PlacedEvent, kind: NoticeKind, more: Partial<Notice>): Notice => ({
  ...{ kind, by: '', reason: '', expiresAt: 0, at, seq },
  ...more,
})

const put = (event: PlacedEvent, userId: string, kind: NoticeKind, more: Partial<Notice>): NoticeChange => ({
  ...{ type: 'putNotice', userId, notice: noticeOf(event, kind, more) },
})
