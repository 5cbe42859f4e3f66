import { Role } from '@beseda/proto/common/v1/roles'
import {
  Discoverability,
  type GroupSettings,
  GroupSettingsSchema,
  NewcomerHistory,
} from '@beseda/proto/group/v1/events'
import type { Event } from '@beseda/proto/log/v1/commit'
import { create, equals } from '@bufbuild/protobuf'
import type { Timestamp } from '@bufbuild/protobuf/wkt'
import { msOf } from '../../../sync/model/convert.js'

export interface AuditSentence {
  /** The key under `audit.` in the translations. */
  readonly key: string
  readonly values: Readonly<Record<string, string>>
}

/** What the sentences are made with. */
export interface AuditWords {
  nameOf(userId: string): string
  timeOf(ms: number): string
  /** Label of a rule of the group. */
  labelOf(rule: Rule): string
}

const RULES = [
  'discoverability',
  'newcomerHistory',
  'slowMode',
  'disappearing',
  'noLinkPreviews',
  'permissions',
] as const
export type Rule = (typeof RULES)[number]
const FIELDS: Readonly<Record<Rule, keyof GroupSettings>> = {
  discoverability: 'discoverability',
  newcomerHistory: 'newcomerHistory',
  slowMode: 'slowModeS',
  disappearing: 'messageTtlS',
  noLinkPreviews: 'noLinkPreviews',
  permissions: 'permissions',
}

/** The rules that differ between two settings. */
const changedRules = (before: GroupSettings, after: GroupSettings): Rule[] =>
  RULES.filter((rule) => {
    const [one, other] = [before, after].map((settings) =>
      create(GroupSettingsSchema, { [FIELDS[rule]]: settings[FIELDS[rule]] }),
    )
    return one && other && !equals(GroupSettingsSchema, one, other)
  })

/**
 * Describes an event of the history for people, in one or more sentences. `before`: the previous settings, if
 * known. Events without a sentence of their own are described by their kind.
 */
export function auditSentences(
  { body, actorId }: Event,
  at: number,
  words: AuditWords,
  before?: GroupSettings,
): AuditSentence[] {
  const { nameOf, timeOf } = words
  const by = (userId: string) => ({ name: nameOf(userId) })
  switch (body.case) {
    case 'membersAdded':
      return [{ key: body.case, values: { names: body.value.userIds.map(nameOf).join(', ') } }]
    case 'memberRemoved':
    case 'memberUnbanned':
    case 'joinRequested':
      return [{ key: body.case, values: by(body.value.userId) }]
    case 'memberJoined':
      return [{ key: actorId === body.value.userId ? 'memberJoined' : 'letIn', values: by(body.value.userId) }]
    case 'joinDeclined':
      return [{ key: actorId === body.value.userId ? 'joinWithdrawn' : 'joinDeclined', values: by(body.value.userId) }]
    case 'memberBanned': {
      const { userId, reason, expiresAt } = body.value
      const ban = {
        key: expiresAt ? 'bannedUntil' : 'memberBanned',
        values: { ...by(userId), ...until(expiresAt, timeOf) },
      }
      return reason === '' ? [ban] : [ban, { key: 'because', values: { reason } }]
    }
    case 'memberMuted': {
      const ends = msOf(body.value.until)
      const values = { ...by(body.value.userId), time: timeOf(ends) }
      return [{ key: ends > at ? 'memberMuted' : 'memberUnmuted', values }]
    }
    case 'roleChanged':
      return [{ key: body.value.role === Role.ADMIN ? 'madeAdmin' : 'madeMember', values: by(body.value.userId) }]
    case 'ownershipTransferred':
      return [{ key: body.case, values: by(body.value.toUserId) }]
    case 'groupUpdated': {
      const { name, topic, avatarFileId, archived, settings } = body.value
      return [
        ...(name === undefined ? [] : [{ key: 'renamed', values: { name } }]),
        ...(topic === undefined ? [] : [{ key: 'topicChanged', values: { topic } }]),
        ...(avatarFileId === undefined ? [] : [{ key: 'pictureChanged', values: {} }]),
        ...(archived === undefined ? [] : [{ key: archived ? 'archived' : 'unarchived', values: {} }]),
        ...(settings ? [settingsSentence(settings, before, words)] : []),
      ]
    }
    case 'pinChanged':
      return [{ key: body.value.pinned ? 'pinned' : 'unpinned', values: {} }]
    case 'webhookCreated':
      return [{ key: body.case, values: { name: body.value.name } }]
    default:
      return [{ key: body.case && PLAIN.has(body.case) ? body.case : 'other', values: {} }]
  }
}

const until = (expiresAt: Timestamp | undefined, timeOf: AuditWords['timeOf']) =>
  expiresAt ? { time: timeOf(msOf(expiresAt)) } : {}

function settingsSentence(
  after: GroupSettings,
  before: GroupSettings | undefined,
  { labelOf }: AuditWords,
): AuditSentence {
  const rules = before ? changedRules(before, after) : []
  if (rules.length === 0) return { key: 'settingsChanged', values: {} }
  return { key: 'settingsOf', values: { names: rules.map(labelOf).join(', ') } }
}

/** The settings before an event of a list sorted newest first; undefined when the list does not go back that far. */
export function settingsBefore(events: readonly (Event | undefined)[], index: number): GroupSettings | undefined {
  for (const event of events.slice(index + 1)) {
    if (event?.body.case === 'groupUpdated' && event.body.value.settings) return event.body.value.settings
    // Defaults of a new group: by invite only, and everybody reads the whole history.
    if (event?.body.case === 'groupCreated')
      return create(GroupSettingsSchema, {
        newcomerHistory: NewcomerHistory.ALL,
        discoverability: Discoverability.HIDDEN,
      })
  }
  return undefined
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
