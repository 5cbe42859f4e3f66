import { Role } from '@beseda/proto/common/v1/roles'
import type { Event } from '@beseda/proto/log/v1/commit'

export interface AuditSentence {
  /** Under `audit.` in the translations. */
  readonly key: string
  readonly values: Readonly<Record<string, string>>
}

/** What an event of the history says to people. Events that need no words of their own are told by their kind. */
export function auditSentence({ body }: Event, nameOf: (userId: string) => string): AuditSentence {
  switch (body.case) {
    case 'membersAdded':
      return { key: body.case, values: { names: body.value.userIds.map(nameOf).join(', ') } }
    case 'memberRemoved':
    case 'memberBanned':
    case 'memberUnbanned':
    case 'memberMuted':
    case 'memberJoined':
    case 'joinRequested':
    case 'joinDeclined':
      return { key: body.case, values: { name: nameOf(body.value.userId) } }
    case 'roleChanged':
      return {
        key: body.value.role === Role.ADMIN ? 'madeAdmin' : 'madeMember',
        values: { name: nameOf(body.value.userId) },
      }
    case 'ownershipTransferred':
      return { key: body.case, values: { name: nameOf(body.value.toUserId) } }
    case 'groupUpdated': {
      const { name, topic, avatarFileId, archived, settings } = body.value
      if (archived !== undefined) return { key: archived ? 'archived' : 'unarchived', values: {} }
      if (name !== undefined) return { key: 'renamed', values: { name } }
      if (topic !== undefined) return { key: 'topicChanged', values: { topic } }
      return { key: avatarFileId === undefined && settings ? 'settingsChanged' : 'pictureChanged', values: {} }
    }
    case 'pinChanged':
      return { key: body.value.pinned ? 'pinned' : 'unpinned', values: {} }
    case 'webhookCreated':
      return { key: body.case, values: { name: body.value.name } }
    default:
      return { key: body.case && PLAIN.has(body.case) ? body.case : 'other', values: {} }
  }
}

const PLAIN: ReadonlySet<string> = new Set([
  'groupCreated',
  'memberLeft',
  'inviteCreated',
  'inviteRevoked',
  'webhookDeleted',
  'messageDeleted',
  'callStarted',
  'callJoined',
  'callLeft',
  'callEnded',
])
