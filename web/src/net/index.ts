import { CallService } from '@beseda/proto/call/v1/call_service'
import { GroupService } from '@beseda/proto/group/v1/group_service'
import { HistoryService } from '@beseda/proto/history/v1/history_service'
import { IdentityService } from '@beseda/proto/identity/v1/identity_service'
import { MembershipService } from '@beseda/proto/membership/v1/membership_service'
import { ModerationService } from '@beseda/proto/moderation/v1/moderation_service'
import { NotifyService } from '@beseda/proto/notify/v1/notify_service'
import { PresenceService } from '@beseda/proto/presence/v1/presence_service'
import { PreviewService } from '@beseda/proto/preview/v1/preview_service'
import { createClient } from '@connectrpc/connect'
import { Connection } from './connection.js'

export * from './errors.js'
export { deviceId, deviceName, forgetSession, keepSession, session } from './session.js'

export const connection = new Connection()
export const identity = createClient(IdentityService, connection.rpc)
export const groups = createClient(GroupService, connection.rpc)
export const history = createClient(HistoryService, connection.rpc)
export const membership = createClient(MembershipService, connection.rpc)
export const presence = createClient(PresenceService, connection.rpc)
export const calls = createClient(CallService, connection.rpc)
export const notify = createClient(NotifyService, connection.rpc)
export const moderation = createClient(ModerationService, connection.rpc)
export const previews = createClient(PreviewService, connection.rpc)
