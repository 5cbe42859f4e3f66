import { type Notice, NoticeKind } from '@beseda/proto/membership/v1/membership_service'
import { msOf } from '../../sync/model/convert.js'

export interface NoticeWords {
  nameOf(userId: string): string
  timeOf(ms: number): string
}

interface Sentence {
  /** Under `notices.` in the translations. */
  readonly key: string
  readonly values: Readonly<Record<string, string>>
}

const KEYS: Readonly<Record<NoticeKind, string>> = {
  [NoticeKind.UNSPECIFIED]: 'changed',
  [NoticeKind.REQUESTED]: 'requested',
  [NoticeKind.DECLINED]: 'declined',
  [NoticeKind.REMOVED]: 'removed',
  [NoticeKind.BANNED]: 'banned',
  [NoticeKind.GROUP_DELETED]: 'deleted',
}

/** What a notice says: what happened to the person, by whom, until when; then why. */
export function noticeSentences(notice: Notice, { nameOf, timeOf }: NoticeWords): Sentence[] {
  const { kind, groupName: group, byUserId, reason, expiresAt } = notice
  const values = {
    group,
    name: byUserId === '' ? '' : nameOf(byUserId),
    time: expiresAt ? timeOf(msOf(expiresAt)) : '',
  }
  const key = kind === NoticeKind.BANNED && expiresAt ? 'bannedUntil' : (KEYS[kind] ?? 'changed')
  return [{ key, values }, ...(reason === '' ? [] : [{ key: 'reason', values: { reason } }])]
}
