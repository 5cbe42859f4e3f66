import type { NatsUser } from './servers/nats.js'

/**
 * Who may call what, as somebody has decided it for every method: the tests compare the contract's policies, the gateway and the services
 * with it (`services/access.int.spec.ts`). A method without a row fails them.
 */

/** Who gets past the gateway. The name of a scope: people, and bots whose token has the scope. */
export type Edge = 'anybody' | 'people' | 'READ' | 'POST' | 'MODERATE' | 'MANAGE_GROUPS' | 'services'

export const CALLERS = ['stranger', 'banned', 'muted', 'member', 'mutedAdmin', 'admin', 'owner'] as const
export type CallerKind = (typeof CALLERS)[number]

/** The reason for which each kind of caller is refused, or `accepted`. */
type ByCaller = Readonly<Record<CallerKind, string>>

/**
 * What a service answers to somebody who is signed in. `own`: it is theirs, or everybody's. `administrators`: of the installation; everybody
 * else is NOT_PERMITTED. `proof`: whoever has the code or secret in the request.
 */
export type Inside = 'own' | 'administrators' | 'proof' | ByCaller

export interface Access {
  readonly edge: Edge
  readonly inside: Inside
}

const yes = 'accepted'
const OUT = { stranger: 'NOT_A_MEMBER', banned: 'NOT_A_MEMBER' }
/** Everybody in the group. */
const MEMBERS: ByCaller = { ...OUT, muted: yes, member: yes, mutedAdmin: yes, admin: yes, owner: yes }
/** Everybody in the group who is not muted. */
const SPEAKERS: ByCaller = { ...MEMBERS, muted: 'MUTED', mutedAdmin: 'MUTED' }
/** Admins who are not muted: the change adds something that others see. */
const ADMINS: ByCaller = { ...SPEAKERS, muted: 'NOT_PERMITTED', member: 'NOT_PERMITTED' }
/** Admins, muted or not. */
const ALL_ADMINS: ByCaller = { ...ADMINS, mutedAdmin: yes }
const OWNER: ByCaller = { ...ALL_ADMINS, mutedAdmin: 'NOT_PERMITTED', admin: 'NOT_PERMITTED' }
/** Asks everybody the same. */
const all = (answer: string): ByCaller => ({
  stranger: answer,
  banned: answer,
  muted: answer,
  member: answer,
  mutedAdmin: answer,
  admin: answer,
  owner: answer,
})

const service = (name: string, rows: Readonly<Record<string, readonly [Edge, Inside]>>): [string, Access][] =>
  Object.entries(rows).map(([method, [edge, inside]]) => [`beseda.${name}/${method}`, { edge, inside }])

export const ACCESS: ReadonlyMap<string, Access> = new Map([
  ...service('identity.v1.IdentityService', {
    Register: ['anybody', 'proof'],
    SignIn: ['anybody', 'proof'],
    RefreshToken: ['anybody', 'proof'],
    SignOut: ['people', 'own'],
    GetMe: ['READ', 'own'],
    UpdateProfile: ['people', 'own'],
    ChangePassword: ['people', 'own'],
    ListSessions: ['people', 'own'],
    RevokeSession: ['people', 'own'],
    SetDeviceKey: ['people', 'own'],
    ListDeviceKeys: ['people', 'own'],
    SearchUsers: ['READ', 'own'],
    GetUsers: ['READ', 'own'],
    DeleteAccount: ['people', 'own'],
    SetBlocked: ['people', 'own'],
    ListBlocked: ['people', 'own'],
    GetPrivacy: ['people', 'own'],
    SetPrivacy: ['people', 'own'],
    CreateBot: ['people', 'own'],
    ListBots: ['people', 'own'],
    ReplaceBotToken: ['people', 'own'],
    DeleteBot: ['people', 'own'],
    AuthenticateBot: ['services', 'proof'],
    ListSignInWays: ['anybody', 'own'],
    StartOidc: ['anybody', 'own'],
    FinishOidc: ['anybody', 'proof'],
    LinkOidc: ['people', 'proof'],
    UnlinkOidc: ['people', 'own'],
    ListCredentials: ['people', 'own'],
    StartPasskey: ['people', 'own'],
    AddPasskey: ['people', 'proof'],
    RemovePasskey: ['people', 'own'],
    StartPasskeySignIn: ['anybody', 'own'],
    FinishPasskeySignIn: ['anybody', 'proof'],
    ListAccounts: ['people', 'administrators'],
    SetAccountDisabled: ['people', 'administrators'],
    ListAccountSessions: ['people', 'administrators'],
    EndAccountSessions: ['people', 'administrators'],
    GetInstallationStatus: ['people', 'administrators'],
    OfferPasswordReset: ['people', 'administrators'],
    SetAdministrator: ['people', 'administrators'],
    ListAdministratorActions: ['people', 'administrators'],
    ListLimits: ['people', 'administrators'],
    GetRegistration: ['people', 'administrators'],
    SetRegistration: ['people', 'administrators'],
    CreateAccountInvite: ['people', 'administrators'],
    RevokeAccountInvite: ['people', 'administrators'],
    ResetPassword: ['anybody', 'proof'],
    AuthorizeAdministrator: ['services', 'own'],
    AppointAdministrator: ['services', 'own'],
    FindEndedSessions: ['services', 'own'],
    FindDisabled: ['services', 'own'],
    ListEndedSessions: ['services', 'own'],
    EraseAccount: ['services', 'own'],
    GetSigningKeys: ['services', 'own'],
  }),
  ...service('mail.v1.MailService', {
    GetEmail: ['people', 'own'],
    SetEmail: ['people', 'own'],
    ConfirmEmail: ['anybody', 'proof'],
    RequestPasswordReset: ['anybody', 'own'],
    SendInvite: ['people', 'proof'],
    PrepareLetter: ['services', 'own'],
    ListReachable: ['services', 'own'],
  }),
  ...service('identity.v1.SecondFactorService', {
    FinishSignIn: ['anybody', 'proof'],
    StartSecondFactor: ['people', 'own'],
    AddSecondFactor: ['people', 'proof'],
    RemoveSecondFactor: ['people', 'own'],
    ReplaceRecoveryCodes: ['people', 'own'],
    TakeSecondFactor: ['people', 'administrators'],
  }),
  ...service('group.v1.GroupService', {
    CreateGroup: ['MANAGE_GROUPS', 'own'],
    GetGroup: ['READ', MEMBERS],
    UpdateGroup: ['MANAGE_GROUPS', ADMINS],
    DeleteGroup: ['people', OWNER],
    PostMessage: ['POST', SPEAKERS],
    ListMessages: ['READ', MEMBERS],
    GetMessage: ['READ', MEMBERS],
    // The message is the owner's.
    EditMessage: ['POST', { ...MEMBERS, ...only('NOT_PERMITTED') }],
    DeleteMessage: ['MODERATE', { ...MEMBERS, ...only('NOT_PERMITTED') }],
    SetReaction: ['POST', SPEAKERS],
    SetPinned: ['MODERATE', SPEAKERS],
    ListPins: ['READ', MEMBERS],
    SearchMessages: ['people', MEMBERS],
    MarkRead: ['people', MEMBERS],
    MarkUnread: ['people', MEMBERS],
    ListReadStates: ['people', MEMBERS],
    ListReaders: ['people', MEMBERS],
    ListThreads: ['people', MEMBERS],
    FollowThread: ['people', MEMBERS],
    ListThreadFollowers: ['services', 'own'],
    CreateWebhook: ['people', ADMINS],
    ListWebhooks: ['people', ADMINS],
    DeleteWebhook: ['people', ADMINS],
    PostByWebhook: ['services', 'proof'],
    PostRecording: ['services', 'own'],
    FinishUpload: ['services', 'own'],
    AuthorizeDownload: ['services', 'own'],
  }),
  ...service('group.v1.PollService', {
    VotePoll: ['people', SPEAKERS],
    // The poll is the owner's.
    EndPoll: ['MODERATE', { ...MEMBERS, ...only('NOT_PERMITTED') }],
    GetPoll: ['READ', MEMBERS],
    ListVoters: ['READ', MEMBERS],
  }),
  ...service('group.v1.ScheduleService', {
    ScheduleCall: ['people', SPEAKERS],
    // It is the owner's.
    RescheduleCall: ['people', ADMINS],
    UnscheduleCall: ['people', ADMINS],
    ChangeOccurrence: ['people', ADMINS],
    AnswerAttendance: ['people', MEMBERS],
    ListSchedule: ['people', MEMBERS],
    ListMySchedule: ['people', 'own'],
    ExportSchedule: ['people', MEMBERS],
    OfferCalendarFeed: ['people', 'own'],
    RevokeCalendarFeed: ['people', 'own'],
    GetCalendarFeed: ['people', 'own'],
    ReadCalendarFeed: ['services', 'proof'],
  }),
  ...service('history.v1.HistoryService', {
    ListAudit: ['people', ALL_ADMINS],
    ListCalls: ['people', MEMBERS],
    ListSystemEvents: ['people', MEMBERS],
    ExportGroup: ['people', ALL_ADMINS],
  }),
  ...service('membership.v1.MembershipService', {
    ListMyGroups: ['READ', 'own'],
    ListMembers: ['READ', MEMBERS],
    AddMembers: ['MODERATE', SPEAKERS],
    RemoveMember: ['MODERATE', ALL_ADMINS],
    ChangeRole: ['people', OWNER],
    TransferOwnership: ['people', OWNER],
    LeaveGroup: ['MANAGE_GROUPS', { ...MEMBERS, owner: 'OWNER_CANNOT_LEAVE' }],
    CreateInvite: ['MODERATE', SPEAKERS],
    ListInvites: ['MODERATE', MEMBERS],
    // The invite is the owner's.
    RevokeInvite: ['MODERATE', ALL_ADMINS],
    PreviewInvite: ['anybody', 'proof'],
    AcceptInvite: ['people', { ...all(yes), banned: 'BANNED' }],
    BanMember: ['MODERATE', ALL_ADMINS],
    UnbanMember: ['MODERATE', ALL_ADMINS],
    ListBans: ['MODERATE', ALL_ADMINS],
    MuteMember: ['MODERATE', ALL_ADMINS],
    DiscoverGroups: ['people', 'own'],
    ListMyNotices: ['people', 'own'],
    // The group is hidden.
    JoinGroup: ['people', { ...all(yes), stranger: 'GROUP_NOT_FOUND', banned: 'GROUP_NOT_FOUND' }],
    ListJoinRequests: ['MODERATE', ALL_ADMINS],
    ResolveJoinRequest: ['MODERATE', ALL_ADMINS],
    ListGroupIds: ['services', 'own'],
    ListCallees: ['services', 'own'],
    ListUnaddable: ['services', 'own'],
    GetMembership: ['services', 'own'],
  }),
  ...service('moderation.v1.ModerationService', {
    // The message is the owner's.
    ReportMessage: ['people', { ...MEMBERS, owner: 'NOT_PERMITTED' }],
    ListReports: ['people', 'administrators'],
    CloseReport: ['people', 'administrators'],
    ListAllGroups: ['people', 'administrators'],
    SetGroupArchived: ['people', 'administrators'],
    RemoveGroup: ['people', 'administrators'],
    GetRetention: ['people', 'administrators'],
    SetRetention: ['people', 'administrators'],
    SetHold: ['people', 'administrators'],
  }),
  ...service('call.v1.CallService', {
    StartCall: ['people', SPEAKERS],
    JoinCall: ['people', MEMBERS],
    // Nobody of them was rung.
    DeclineCall: ['people', all('CALL_NOT_FOUND')],
    LeaveCall: ['people', all(yes)],
    // None of them is in it.
    RenewCall: ['people', { ...MEMBERS, ...only('NOT_IN_CALL'), owner: 'NOT_IN_CALL' }],
    ListMyCalls: ['people', 'own'],
    MuteParticipants: ['people', ALL_ADMINS],
    RemoveParticipant: ['people', ALL_ADMINS],
    GetIceServers: ['people', 'own'],
    ListCallDevices: ['services', 'own'],
    GetCallKeys: ['services', 'own'],
  }),
  ...service('call.v1.RecordingService', {
    // None of them is in the call, whose recording is being made by somebody else.
    StartRecording: ['people', { ...SPEAKERS, member: 'NOT_IN_CALL', admin: 'NOT_IN_CALL', owner: 'NOT_IN_CALL' }],
    StopRecording: ['people', ALL_ADMINS],
    PauseRecording: ['people', ALL_ADMINS],
    AnswerRecording: ['people', { ...MEMBERS, ...only('NOT_IN_CALL'), owner: 'NOT_IN_CALL' }],
    FinishRecording: ['people', all('RECORDING_NOT_FOUND')],
    AuthorizeRecording: ['services', 'own'],
  }),
  ...service('call.v1.MediaKeyService', {
    // None of them is in the call.
    CommitMediaKeys: ['people', { ...MEMBERS, ...only('NOT_IN_CALL'), owner: 'NOT_IN_CALL' }],
    ListMediaKeyCommits: ['people', { ...MEMBERS, ...only('NOT_IN_CALL'), owner: 'NOT_IN_CALL' }],
  }),
  ...service('presence.v1.PresenceService', {
    GetPresence: ['people', 'own'],
    SetStatus: ['people', 'own'],
    ListAttention: ['services', 'own'],
    ReportConnections: ['services', 'own'],
  }),
  ...service('notify.v1.CalendarService', {
    FindCalendars: ['people', 'own'],
    ConnectCalendar: ['people', 'own'],
    DisconnectCalendar: ['people', 'own'],
    GetCalendarConnection: ['people', 'own'],
  }),
  ...service('notify.v1.MissedMailService', {
    GetMailChoice: ['people', 'own'],
    SetMailChoice: ['people', 'own'],
    Unsubscribe: ['anybody', 'proof'],
    CountMissed: ['services', 'own'],
    DescribeReminder: ['services', 'own'],
    DescribeInvitation: ['services', 'own'],
  }),
  ...service('notify.v1.NotifyService', {
    GetNotificationSettings: ['people', 'own'],
    UpdateNotificationSettings: ['people', 'own'],
    SetGroupNotifications: ['people', MEMBERS],
    GetListArrangement: ['people', 'own'],
    PlaceConversation: ['people', MEMBERS],
    SetListSections: ['people', 'own'],
    SubscribePush: ['people', 'own'],
    UnsubscribePush: ['people', 'own'],
    SendTestNotification: ['people', 'own'],
  }),
  ...service('preview.v1.PreviewService', { GetPreview: ['people', 'own'] }),
  ...service('caption.v1.CaptionService', { GetCaptionEngine: ['people', 'own'], Transcribe: ['people', 'proof'] }),
])

/**
 * Who calls a method on the bus beside the gateway, which calls everything that is for people: by their names on the bus. `admin`: the
 * operator's commands (tools/admin). No other service may (`deploy/nats/nats.conf`).
 */
export const CALLED_BY: ReadonlyMap<string, readonly NatsUser[]> = new Map([
  ['beseda.identity.v1.IdentityService/GetUsers', ['group', 'membership', 'notify', 'export']],
  ['beseda.identity.v1.IdentityService/AuthenticateBot', ['gateway']],
  ['beseda.identity.v1.IdentityService/AuthorizeAdministrator', ['group']],
  ['beseda.identity.v1.IdentityService/AppointAdministrator', []],
  ['beseda.identity.v1.IdentityService/FindEndedSessions', ['gateway', 'notify']],
  ['beseda.identity.v1.IdentityService/FindDisabled', ['group', 'notify']],
  ['beseda.identity.v1.IdentityService/ListEndedSessions', ['gateway']],
  ['beseda.identity.v1.IdentityService/EraseAccount', []],
  ['beseda.mail.v1.MailService/PrepareLetter', ['mail']],
  ['beseda.mail.v1.MailService/ListReachable', ['notify']],
  ['beseda.notify.v1.MissedMailService/CountMissed', ['mail']],
  ['beseda.notify.v1.MissedMailService/DescribeReminder', ['mail']],
  ['beseda.notify.v1.MissedMailService/DescribeInvitation', ['mail']],
  ['beseda.group.v1.GroupService/ListReadStates', ['notify']],
  ['beseda.identity.v1.IdentityService/GetSigningKeys', ['gateway']],
  ['beseda.group.v1.GroupService/GetMessage', ['group']],
  ['beseda.group.v1.GroupService/PostByWebhook', ['gateway']],
  ['beseda.group.v1.ScheduleService/ReadCalendarFeed', ['gateway']],
  ['beseda.group.v1.GroupService/FinishUpload', ['gateway']],
  ['beseda.group.v1.GroupService/PostRecording', ['call']],
  ['beseda.group.v1.GroupService/ListThreadFollowers', ['notify']],
  ['beseda.group.v1.GroupService/AuthorizeDownload', ['gateway', 'identity']],
  ['beseda.membership.v1.MembershipService/ListGroupIds', ['gateway', 'call']],
  ['beseda.membership.v1.MembershipService/PreviewInvite', ['identity']],
  ['beseda.membership.v1.MembershipService/ListCallees', ['call']],
  ['beseda.membership.v1.MembershipService/ListUnaddable', ['group', 'membership']],
  ['beseda.membership.v1.MembershipService/GetMembership', ['gateway', 'call']],
  ['beseda.call.v1.CallService/ListCallDevices', ['gateway']],
  ['beseda.call.v1.RecordingService/AuthorizeRecording', ['gateway']],
  ['beseda.call.v1.CallService/GetCallKeys', ['gateway', 'caption']],
  ['beseda.presence.v1.PresenceService/ListAttention', ['notify']],
  ['beseda.presence.v1.PresenceService/ReportConnections', ['gateway']],
] as const)

/** Everybody in the group but its owner. */
function only(refusal: string) {
  return { muted: refusal, member: refusal, mutedAdmin: refusal, admin: refusal }
}
