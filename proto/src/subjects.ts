import { Lane } from './gen/beseda/log/v1/commit_pb.js'

/**
 * Every subject and stream name of the platform. NATS permissions (`deploy/nats`) are written against these.
 *
 *   history.<p>.<group>.<lane>   the log of groups, stream HISTORY_<p>; one writer a lane
 *   fan.<p>.<group>.<lane>       the same commits, republished by the stream to core NATS
 *   personal.<p>.<group>.<user>.read             stream PERSONAL_<p>: the newest commit of each subject
 *   personal.<p>.<group>.<user>.threads          stream PERSONAL_<p>: which threads the user follows
 *   personal.<p>.<group>.<user>.hidden.<message> stream PERSONAL_<p>
 *   personal.<p>.<group>.<user>.report.<message> stream PERSONAL_<p>: what the user reported to the administrators
 *   people.<user>.gone           stream PEOPLE: the newest commit of each subject
 *   people.<user>.block.<other>  stream PEOPLE
 *   people.<user>.privacy        stream PEOPLE
 *   people.<user>.calendar       stream PEOPLE: under which link programs read the person's calendar
 *   notify.<user>.settings|list|mail|invitations|calendar|group.<group>|push.<session>  stream NOTIFY: the newest commit of each subject
 *   notify.<group>.reminders                 stream NOTIFY: the newest commit of each subject
 *   retention.policy             stream RETENTION: how long messages are kept, and legal holds
 *   identity.name.<key>          stream IDENTITY
 *   identity.account.<user>      stream IDENTITY
 *   identity.external.<key>      stream IDENTITY: whose account a provider's person is
 *   identity.email.<key>         stream IDENTITY: whose account a mail address belongs to
 *   identity.founder             stream IDENTITY: who registered first
 *   identity.registration        stream IDENTITY: who may register
 *   identity.invite.<invite>     stream IDENTITY: a link with which people register, and its uses
 *   identity.listed.<key>        stream IDENTITY: when a name was first in ADMINS
 *   identity.administrator.<user> stream IDENTITY
 *   identity.audit.<user>        stream IDENTITY: what an administrator did
 *   mail.letter                  stream MAIL: letters to be sent, each until it is
 *   mail.later                   stream MAIL_LATER: letters that hold up none of the others
 *   rpc.<service>.<p>.<Method>   requests; p is `any` for methods without a partition key
 *   user.<user>.event            beseda.gateway.v1.UserEvent for every device of a person
 *   user.<user>.signal.<device>  beseda.gateway.v1.IncomingSignal for one device
 *   user.<user>.keys.<device>    beseda.call.v1.MediaKeyCommit for one device
 *   presence.<user>              beseda.presence.v1.Presence at every change
 *   profile.<user>               beseda.gateway.v1.ProfileChanged at every change
 *   typing.<group>               beseda.gateway.v1.Typing
 *   seen.<group>                 beseda.gateway.v1.Seen
 *   call.<group>                 beseda.call.v1.CallChanged
 *   status.ask                   asks every process how it is: beseda.identity.v1.ProcessStatus
 *   session.ended.<user>         beseda.identity.v1.SessionsEnded
 *   views.<service>.<view>.<kind>         asks the service's replicas for a copy of a view (ADR 68)
 *   views.<service>.<view>.<kind>.<copy>  asks the replica that gives the copy for a part of it
 */
export const LANES = ['group', 'roster', 'messages', 'calls'] as const
export type LaneName = (typeof LANES)[number]

const laneByName: Record<LaneName, Lane> = {
  group: Lane.GROUP,
  roster: Lane.ROSTER,
  messages: Lane.MESSAGES,
  calls: Lane.CALLS,
}

export const laneOf = (name: string): Lane => laneByName[name as LaneName] ?? Lane.UNSPECIFIED

export const historyStream = (partition: number): string => `HISTORY_${partition}`
export const historySubject = (partition: number, groupId: string, lane: LaneName): string =>
  `history.${partition}.${groupId}.${lane}`
/** All lanes of one group. */
export const groupFilter = (partition: number, groupId: string): string => `history.${partition}.${groupId}.*`
export const fanSubject = (partition: number | '*', groupId: string, lane: LaneName | '*'): string =>
  `fan.${partition}.${groupId}.${lane}`

/** The parts of a `history.` or `fan.` subject, or undefined for any other. */
export function parseHistorySubject(
  subject: string,
): { partition: number; groupId: string; lane: LaneName } | undefined {
  const [root, partition, groupId, lane, ...rest] = subject.split('.')
  if ((root !== 'history' && root !== 'fan') || partition === undefined || !groupId || rest.length > 0) return undefined
  if (!LANES.includes(lane as LaneName) || !/^\d+$/.test(partition)) return undefined
  return { partition: Number(partition), groupId, lane: lane as LaneName }
}

export const personalStream = (partition: number): string => `PERSONAL_${partition}`
export const readSubject = (partition: number, groupId: string, userId: string): string =>
  `personal.${partition}.${groupId}.${userId}.read`
export const threadsSubject = (partition: number, groupId: string, userId: string): string =>
  `personal.${partition}.${groupId}.${userId}.threads`
export const hiddenSubject = (partition: number, groupId: string, userId: string, messageId: string): string =>
  `personal.${partition}.${groupId}.${userId}.hidden.${messageId}`
export const reportSubject = (partition: number, groupId: string, userId: string, messageId: string): string =>
  `personal.${partition}.${groupId}.${userId}.report.${messageId}`

/** Whose fact about which group a `personal.` subject holds, or undefined for any other. */
export function parsePersonalSubject(subject: string): { groupId: string; userId: string } | undefined {
  const [root, , groupId, userId] = subject.split('.')
  return root === 'personal' && groupId && userId ? { groupId, userId } : undefined
}

export const PEOPLE_STREAM = 'PEOPLE'
export const goneSubject = (userId: string): string => `people.${userId}.gone`
export const blockSubject = (userId: string, otherId: string): string => `people.${userId}.block.${otherId}`
export const calendarSubject = (userId: string): string => `people.${userId}.calendar`
export const privacySubject = (userId: string): string => `people.${userId}.privacy`

/** Whom a `people.` subject is about, or undefined for any other. */
export function parsePeopleSubject(subject: string): { userId: string; otherId: string | undefined } | undefined {
  const [root, userId, , otherId] = subject.split('.')
  return root === 'people' && userId ? { userId, otherId } : undefined
}

export const NOTIFY_STREAM = 'NOTIFY'
export const notifySettingsSubject = (userId: string): string => `notify.${userId}.settings`
export const notifyListSubject = (userId: string): string => `notify.${userId}.list`
export const notifyMailSubject = (userId: string): string => `notify.${userId}.mail`
export const notifyGroupSubject = (userId: string, groupId: string): string => `notify.${userId}.group.${groupId}`
export const notifyPushSubject = (userId: string, sessionId: string): string => `notify.${userId}.push.${sessionId}`

export const notifyInvitationsSubject = (userId: string): string => `notify.${userId}.invitations`

export const notifyCalendarSubject = (userId: string): string => `notify.${userId}.calendar`

export const notifyRemindersSubject = (groupId: string): string => `notify.${groupId}.reminders`

/** Whose preferences or devices a `notify.` subject holds, and of which group or session; undefined for any other subject. */
export function parseNotifySubject(subject: string): { userId: string; about: string } | undefined {
  const [root, userId, , about = ''] = subject.split('.')
  return root === 'notify' && userId ? { userId, about } : undefined
}

export const RETENTION_STREAM = 'RETENTION'
export const RETENTION_SUBJECT = 'retention.policy'

/** Object store of uploaded files: `<file id>`, and `<file id>.thumbnail`. */
export const FILES_BUCKET = 'files'

export const IDENTITY_STREAM = 'IDENTITY'
export const usernameSubject = (key: string): string => `identity.name.${key}`
/** A provider's person: by a hash of issuer and subject. */
export const externalSubject = (key: string): string => `identity.external.${key}`
/** By a keyed hash of the address. */
export const emailSubject = (key: string): string => `identity.email.${key}`
export const accountSubject = (userId: string): string => `identity.account.${userId}`
export const FOUNDER_SUBJECT = 'identity.founder'
export const REGISTRATION_SUBJECT = 'identity.registration'
/** An account invite, or the invite of a group with which people registered. */
export const accountInviteSubject = (inviteId: string): string => `identity.invite.${inviteId}`
/** By a hash of the user name. */
export const listedSubject = (key: string): string => `identity.listed.${key}`
export const administratorSubject = (userId: string): string => `identity.administrator.${userId}`
/** What an administrator did; without one: an operator. */
export const administratorAuditSubject = (userId: string): string => `identity.audit.${userId || 'operator'}`
/** Key-value bucket of sessions, key `<user>.<session>`. */
export const SESSIONS_BUCKET = 'sessions'

/** The queues of letters: those about accounts and sign-ins, and all others. Each has the consumer that all replicas of the mail service share. */
export const MAIL_QUEUES = {
  account: { stream: 'MAIL', subject: 'mail.letter' },
  other: { stream: 'MAIL_LATER', subject: 'mail.later' },
} as const
export type MailQueueName = keyof typeof MAIL_QUEUES
export const MAIL_CONSUMER = 'mail'

/** Key-value bucket of how far the history was exported, key `<sink>/<stream>`. */
export const EXPORT_BUCKET = 'export'

export const rpcSubject = (service: string, partition: number | 'any', method: string): string =>
  `rpc.${service}.${partition}.${method}`

export const userSubject = (userId: string): string => `user.${userId}.event`
export const signalSubject = (userId: string, deviceId: string): string => `user.${userId}.signal.${deviceId}`
export const mediaKeysSubject = (userId: string, deviceId: string): string => `user.${userId}.keys.${deviceId}`
/** All that is for one person: one subscription, however many devices. */
export const userFilter = (userId: string): string => `user.${userId}.>`
/** What a subject of {@link userFilter} carries, and the device that it is for; undefined: all of them. */
export const parseUserSubject = (subject: string): { kind: string | undefined; deviceId: string | undefined } => {
  const [, , kind, deviceId] = subject.split('.')
  return { kind, deviceId }
}
export const presenceSubject = (userId: string): string => `presence.${userId}`
export const profileSubject = (userId: string): string => `profile.${userId}`
export const typingSubject = (groupId: string): string => `typing.${groupId}`
export const seenSubject = (groupId: string): string => `seen.${groupId}`
export const callSubject = (groupId: string): string => `call.${groupId}`
export const sessionEndedSubject = (userId: string): string => `session.ended.${userId}`

/** `kind`: what a copy has in common with the view that it is for: its tables and its streams. */
export const viewCopySubject = (service: string, view: string, kind: string): string =>
  `views.${service}.${view}.${kind}`

export const STATUS_SUBJECT = 'status.ask'

/** How a gateway tells a bot's token from an access token. */
export const BOT_TOKEN_PREFIX = 'beseda_bot_'
