import type { Event } from '@beseda/proto/log/v1/commit'

type Case = NonNullable<Event['body']['case']>

/** What is in no audit log: what was said is in the conversation; the rest is in other streams than the histories of groups. */
type InNoAudit =
  | 'messagePosted'
  | 'messageEdited'
  | 'reactionChanged'
  | 'pollVoted'
  | 'pollEnded'
  | 'commitRedacted'
  | 'readMarked'
  | 'messageHidden'
  | 'threadsChosen'
  | 'attendanceAnswered'
  | 'calendarFeedChanged'
  | 'usernameClaimed'
  | 'accountRegistered'
  | 'passwordChanged'
  | 'profileChanged'
  | 'accountDeleted'
  | 'botCreated'
  | 'botTokenReplaced'
  | 'personGone'
  | 'blockChanged'
  | 'privacyChanged'
  | 'notificationSettingsChanged'
  | 'groupNotificationsChanged'
  | 'listArranged'
  | 'missedNoted'
  | 'missedSettled'
  | 'callsReminded'
  | 'invitationsSent'
  | 'calendarKept'
  | 'pushSubscribed'
  | 'pushUnsubscribed'
  | 'externalIdentityClaimed'
  | 'externalIdentityReleased'
  | 'passkeyAdded'
  | 'passkeyRemoved'
  | 'secondFactorAdded'
  | 'secondFactorRemoved'
  | 'recoveryCodesReplaced'
  | 'recoveryCodeUsed'
  | 'deviceKeySet'
  | 'deviceKeysRemoved'
  | 'accountDisabled'
  | 'accountEnabled'
  | 'passwordResetOffered'
  | 'providerUnlinked'
  | 'founderRegistered'
  | 'administratorListed'
  | 'administratorAppointed'
  | 'administratorDismissed'
  | 'administratorActed'
  | 'registrationRuleChanged'
  | 'accountInviteCreated'
  | 'accountInviteRevoked'
  | 'accountInviteUsed'
  | 'emailChanged'
  | 'emailConfirmed'
  | 'emailRemoved'
  | 'emailClaimed'
  | 'reportChanged'
  | 'retentionChanged'
  | 'holdChanged'

/** A new kind of event in the histories of groups is an error of types here and in `sentences.ts`, until it has a topic and a sentence. */
export type AuditedCase = Exclude<Case, InNoAudit>
export type AuditedBody<One extends AuditedCase> = Extract<Event['body'], { case: One }>['value']

/** What the entries of an audit log can be narrowed to. */
export const TOPICS = ['group', 'members', 'invites', 'messages', 'calls'] as const
export type Topic = (typeof TOPICS)[number]

const TOPIC_OF: Readonly<Record<AuditedCase, Topic>> = {
  groupCreated: 'group',
  groupUpdated: 'group',
  groupDeleted: 'group',
  webhookCreated: 'group',
  webhookDeleted: 'group',
  membersAdded: 'members',
  memberJoined: 'members',
  memberRemoved: 'members',
  memberLeft: 'members',
  memberBanned: 'members',
  memberUnbanned: 'members',
  memberMuted: 'members',
  roleChanged: 'members',
  ownershipTransferred: 'members',
  joinRequested: 'invites',
  joinDeclined: 'invites',
  inviteCreated: 'invites',
  inviteRevoked: 'invites',
  messageDeleted: 'messages',
  pinChanged: 'messages',
  callStarted: 'calls',
  callJoined: 'calls',
  callLeft: 'calls',
  callEnded: 'calls',
  callMissed: 'calls',
  callRecordingStarted: 'calls',
  callRecordingEnded: 'calls',
  callScheduled: 'calls',
  callRescheduled: 'calls',
  callUnscheduled: 'calls',
  occurrenceChanged: 'calls',
}

export const isAudited = (one: Case | undefined): one is AuditedCase =>
  one !== undefined && Object.hasOwn(TOPIC_OF, one)

/** What the conversation shows between its messages. Calls are shown there in another way. */
const SYSTEM: ReadonlySet<AuditedCase> = new Set<AuditedCase>([
  'groupCreated',
  'groupUpdated',
  'membersAdded',
  'memberJoined',
  'memberRemoved',
  'memberLeft',
  'memberBanned',
  'roleChanged',
  'ownershipTransferred',
  'pinChanged',
  'callScheduled',
  'callRescheduled',
  'callUnscheduled',
])

/** Whether every member sees the event as a line of the conversation. A pin that is taken off says nothing. */
export const isSystemEvent = ({ body }: Pick<Event, 'body'>): boolean =>
  isAudited(body.case) && SYSTEM.has(body.case) && !(body.case === 'pinChanged' && !body.value.pinned)

/** Undefined: of an event that this version does not know. */
export const topicOf = ({ body }: Event): Topic | undefined => (isAudited(body.case) ? TOPIC_OF[body.case] : undefined)

/** The message that an entry is about, if it is still there. */
export const messageOf = ({ body }: Event): string =>
  body.case === 'pinChanged' && body.value.pinned ? body.value.messageId : ''
