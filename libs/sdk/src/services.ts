import { CallService } from '@beseda/proto/call/v1/call_service'
import { MediaKeyService } from '@beseda/proto/call/v1/media_key_service'
import { RecordingService } from '@beseda/proto/call/v1/recording_service'
import { CaptionService } from '@beseda/proto/caption/v1/caption_service'
import { GroupService } from '@beseda/proto/group/v1/group_service'
import { PollService } from '@beseda/proto/group/v1/poll_service'
import { ScheduleService } from '@beseda/proto/group/v1/schedule_service'
import { HistoryService } from '@beseda/proto/history/v1/history_service'
import { IdentityService } from '@beseda/proto/identity/v1/identity_service'
import { SecondFactorService } from '@beseda/proto/identity/v1/second_factor_service'
import { MailService } from '@beseda/proto/mail/v1/mail_service'
import { MembershipService } from '@beseda/proto/membership/v1/membership_service'
import { ModerationService } from '@beseda/proto/moderation/v1/moderation_service'
import { CalendarService } from '@beseda/proto/notify/v1/calendar_service'
import { MissedMailService } from '@beseda/proto/notify/v1/missed_mail_service'
import { NotifyService } from '@beseda/proto/notify/v1/notify_service'
import { PresenceService } from '@beseda/proto/presence/v1/presence_service'
import { PreviewService } from '@beseda/proto/preview/v1/preview_service'

/** Every service of the contract, by the name that it has in the client. Their methods come from the contract by themselves. */
export const SERVICES = {
  call: CallService,
  caption: CaptionService,
  group: GroupService,
  history: HistoryService,
  identity: IdentityService,
  mail: MailService,
  mediaKey: MediaKeyService,
  membership: MembershipService,
  calendar: CalendarService,
  missedMail: MissedMailService,
  moderation: ModerationService,
  notify: NotifyService,
  presence: PresenceService,
  preview: PreviewService,
  recording: RecordingService,
  polls: PollService,
  schedule: ScheduleService,
  secondFactor: SecondFactorService,
} as const

type Services = typeof SERVICES

/** Methods that only services call among themselves: the client has none of them. Types know no policies, so they are named here; a spec compares them with the contract. */
export const INTERNAL = {
  call: ['getCallKeys', 'listCallDevices'],
  group: ['authorizeDownload', 'finishUpload', 'listThreadFollowers', 'postByWebhook', 'postRecording'],
  identity: [
    'appointAdministrator',
    'authenticateBot',
    'authorizeAdministrator',
    'eraseAccount',
    'findDisabled',
    'findEndedSessions',
    'getSigningKeys',
    'listEndedSessions',
  ],
  mail: ['listReachable', 'prepareLetter'],
  membership: ['getMembership', 'listCallees', 'listGroupIds', 'listUnaddable'],
  missedMail: ['countMissed', 'describeInvitation', 'describeReminder'],
  presence: ['listAttention', 'reportConnections'],
  recording: ['authorizeRecording'],
  schedule: ['readCalendarFeed'],
} as const satisfies { readonly [Name in keyof Services]?: readonly (keyof Services[Name]['method'])[] }
