import { Role } from '@beseda/proto/common/v1/roles'
import type { Event } from '@beseda/proto/log/v1/commit'
import { type Timestamp, timestampMs } from '@bufbuild/protobuf/wkt'
import { changedRules, type Rule, type RulesBefore } from './changed-rules.js'
import { type AuditedBody, type AuditedCase, isAudited } from './topics.js'

export interface AuditSentence {
  /** The key of its text in `en.ts` and `ru.ts`. */
  readonly key: string
  readonly values: Readonly<Record<string, string>>
}

/** What the sentences are made with. */
export interface AuditWords {
  nameOf(userId: string): string
  timeOf(ms: number): string
  /** A length of time: 1:05. */
  durationOf(ms: number): string
  /** Label of a rule of the group. */
  labelOf(rule: Rule): string
}

interface Context extends AuditWords {
  readonly actorId: string
  /** Time of the event, Unix ms. */
  readonly at: number
  readonly before: RulesBefore
}

type Sentences = { readonly [One in AuditedCase]: (value: AuditedBody<One>, context: Context) => AuditSentence[] }

const msOf = (time: Timestamp | undefined): number => (time ? timestampMs(time) : 0)

/** More names make a sentence that nobody reads to its end. */
const MOST_NAMES = 10

const plain = (key: string) => (): AuditSentence[] => [{ key, values: {} }]
const about =
  (key: string) =>
  ({ userId }: { readonly userId: string }, { nameOf }: Context): AuditSentence[] => [
    { key, values: { name: nameOf(userId) } },
  ]

function namesOf(userIds: readonly string[], { nameOf }: Context): string {
  const names = userIds.slice(0, MOST_NAMES).map(nameOf).join(', ')
  return userIds.length > MOST_NAMES ? `${names} +${userIds.length - MOST_NAMES}` : names
}

const SENTENCES: Sentences = {
  groupCreated({ memberIds, ownerId }, context) {
    const others = memberIds.filter((id) => id !== ownerId && id !== context.actorId)
    if (others.length === 0) return [{ key: 'groupCreated', values: {} }]
    return [{ key: 'createdWith', values: { names: namesOf(others, context) } }]
  },
  groupUpdated({ name, topic, avatarFileId, archived, settings }, context) {
    return [
      ...(name === undefined ? [] : [{ key: 'renamed', values: { name } }]),
      ...(topic === undefined ? [] : [{ key: topic === '' ? 'topicRemoved' : 'topicChanged', values: { topic } }]),
      ...(avatarFileId === undefined ? [] : [{ key: 'pictureChanged', values: {} }]),
      ...(archived === undefined ? [] : [{ key: archived ? 'archived' : 'unarchived', values: {} }]),
      ...(settings ? [settingsSentence(changedRules(context.before, settings), context)] : []),
    ]
  },
  groupDeleted: plain('groupDeleted'),
  webhookCreated: ({ name }) => [{ key: 'webhookCreated', values: { name } }],
  webhookDeleted: plain('webhookDeleted'),
  membersAdded: ({ userIds }, context) => [{ key: 'membersAdded', values: { names: namesOf(userIds, context) } }],
  memberJoined({ userId, inviteId }, { nameOf, actorId }) {
    if (actorId !== userId) return [{ key: 'letIn', values: { name: nameOf(userId) } }]
    return [{ key: inviteId === '' ? 'memberJoined' : 'joinedByInvite', values: {} }]
  },
  memberRemoved: about('memberRemoved'),
  memberLeft: plain('memberLeft'),
  memberBanned({ userId, reason, expiresAt }, { nameOf, timeOf }) {
    const values = { name: nameOf(userId), ...until(expiresAt, timeOf) }
    const ban = { key: expiresAt ? 'bannedUntil' : 'memberBanned', values }
    return reason === '' ? [ban] : [ban, { key: 'because', values: { reason } }]
  },
  memberUnbanned: about('memberUnbanned'),
  memberMuted({ userId, until: ends }, { nameOf, timeOf, at }) {
    const values = { name: nameOf(userId), time: timeOf(msOf(ends)) }
    return [{ key: msOf(ends) > at ? 'memberMuted' : 'memberUnmuted', values }]
  },
  roleChanged: ({ userId, role }, { nameOf }) => [
    { key: role === Role.ADMIN ? 'madeAdmin' : 'madeMember', values: { name: nameOf(userId) } },
  ],
  ownershipTransferred: ({ toUserId }, { nameOf }) => [
    { key: 'ownershipTransferred', values: { name: nameOf(toUserId) } },
  ],
  joinRequested: ({ note }) =>
    note === ''
      ? [{ key: 'joinRequested', values: {} }]
      : [
          { key: 'joinRequested', values: {} },
          { key: 'withNote', values: { note } },
        ],
  joinDeclined: ({ userId }, { nameOf, actorId }) => [
    { key: actorId === userId ? 'joinWithdrawn' : 'joinDeclined', values: { name: nameOf(userId) } },
  ],
  inviteCreated: plain('inviteCreated'),
  inviteRevoked: plain('inviteRevoked'),
  messageDeleted: plain('messageDeleted'),
  pinChanged: ({ pinned }) => [{ key: pinned ? 'pinned' : 'unpinned', values: {} }],
  callStarted: ({ room }) => [{ key: room ? 'roomEntered' : 'callStarted', values: {} }],
  callJoined: plain('callJoined'),
  callLeft: plain('callLeft'),
  callRecordingStarted: plain('callRecordingStarted'),
  callRecordingEnded: () => [{ key: 'callRecordingEnded', values: {} }],
  callEnded: ({ durationS }, { durationOf }) =>
    durationS === 0
      ? [{ key: 'callEnded', values: {} }]
      : [{ key: 'callEndedAfter', values: { time: durationOf(durationS * 1_000) } }],
  callMissed: ({ userIds }, context) => [{ key: 'callMissed', values: { names: namesOf(userIds, context) } }],
  callScheduled: ({ terms }) => [{ key: 'callScheduled', values: { title: terms?.title ?? '' } }],
  callRescheduled: ({ terms }) => [{ key: 'callRescheduled', values: { title: terms?.title ?? '' } }],
  callUnscheduled: plain('callUnscheduled'),
  occurrenceChanged: plain('occurrenceChanged'),
}

/**
 * Describes an event of the history for people, in one or more sentences without its person (`personOf`). `before`: the
 * previous settings, if known. Only an event that this version does not know has no sentence of its own.
 */
export function auditSentences(
  { body, actorId }: Event,
  at: number,
  words: AuditWords,
  before?: RulesBefore,
): AuditSentence[] {
  if (!isAudited(body.case)) return [{ key: 'other', values: {} }]
  const sentence = SENTENCES[body.case] as (value: typeof body.value, context: Context) => AuditSentence[]
  return sentence(body.value, { ...words, actorId, at, before })
}

const until = (expiresAt: Timestamp | undefined, timeOf: AuditWords['timeOf']) =>
  expiresAt ? { time: timeOf(msOf(expiresAt)) } : {}

function settingsSentence(rules: readonly Rule[], { labelOf }: AuditWords): AuditSentence {
  if (rules.length === 0) return { key: 'settingsChanged', values: {} }
  return { key: 'settingsOf', values: { names: rules.map(labelOf).join(', ') } }
}
