import { Refusal } from '@beseda/kernel'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import type * as pb from '@beseda/proto/notify/v1/notify_service'
import { NotifyService } from '@beseda/proto/notify/v1/notify_service'
import { Rpc, SignedIn, type SignedInUser } from '@beseda/rpc'
import { timestampMs } from '@bufbuild/protobuf/wkt'
import { Controller } from '@nestjs/common'
import { ListArrangements } from '../../application/list-arrangements.js'
import { NotificationPreferences } from '../../application/notification-preferences.js'
import { PushGateway } from '../../application/ports.js'
import { PushSender } from '../../application/push-sender.js'
import { PushSubscriptions } from '../../application/push-subscriptions.js'
import { arrangementMessage, endpointHashOf, placeOf, settingsOf } from './mapping.js'

const { method } = NotifyService
const TEST_TERMS = { ttlSeconds: 60, urgency: 'high', topic: '' } as const

/** The contract's NotifyService. */
@Controller()
export class NotifyController {
  constructor(
    private readonly preferences: NotificationPreferences,
    private readonly arrangements: ListArrangements,
    private readonly subscriptions: PushSubscriptions,
    private readonly sender: PushSender,
    private readonly gateway: PushGateway,
  ) {}

  @Rpc(method.getNotificationSettings)
  async getNotificationSettings(
    _request: pb.GetNotificationSettingsRequest,
    @SignedIn() { userId, sessionId = '' }: SignedInUser,
  ) {
    return {
      settings: settingsOf(this.preferences.of(userId)),
      pushKey: this.gateway.publicKey,
      endpointHash: endpointHashOf(this.subscriptions.find(userId, sessionId)),
    }
  }

  @Rpc(method.updateNotificationSettings)
  async updateNotificationSettings(
    { commandId, quietHours, hideContent, callReminder }: pb.UpdateNotificationSettingsRequest,
    @SignedIn() user: SignedInUser,
  ) {
    const wanted = { quietHours, hideContent, callReminder }
    return { settings: settingsOf(await this.preferences.updateGeneral(wanted, user.command(commandId))) }
  }

  @Rpc(method.setGroupNotifications)
  async setGroupNotifications(
    { commandId, groupId, level, mutedUntil }: pb.SetGroupNotificationsRequest,
    @SignedIn() user: SignedInUser,
  ) {
    const wanted = { level, mutedUntil: mutedUntil ? timestampMs(mutedUntil) : 0 }
    return { settings: settingsOf(await this.preferences.setGroup(groupId, wanted, user.command(commandId))) }
  }

  @Rpc(method.getListArrangement)
  async getListArrangement(_request: pb.GetListArrangementRequest, @SignedIn() { userId }: SignedInUser) {
    return { arrangement: arrangementMessage(this.arrangements.of(userId)) }
  }

  @Rpc(method.placeConversation)
  async placeConversation(request: pb.PlaceConversationRequest, @SignedIn() user: SignedInUser) {
    const { commandId, groupId } = request
    const arrangement = await this.arrangements.place(groupId, placeOf(request), user.command(commandId))
    return { arrangement: arrangementMessage(arrangement) }
  }

  @Rpc(method.setListSections)
  async setListSections({ commandId, sections }: pb.SetListSectionsRequest, @SignedIn() user: SignedInUser) {
    return { arrangement: arrangementMessage(await this.arrangements.setSections(sections, user.command(commandId))) }
  }

  @Rpc(method.subscribePush)
  async subscribePush(
    { commandId, endpoint, p256dh, auth, locale }: pb.SubscribePushRequest,
    @SignedIn() user: SignedInUser,
  ) {
    const wanted = { deviceId: user.deviceId ?? '', endpoint, p256dh, auth, locale }
    await this.subscriptions.subscribe(sessionOf(user), wanted, user.command(commandId))
    return {}
  }

  @Rpc(method.unsubscribePush)
  async unsubscribePush({ commandId }: pb.UnsubscribePushRequest, @SignedIn() user: SignedInUser) {
    await this.subscriptions.unsubscribe(sessionOf(user), user.command(commandId))
    return {}
  }

  @Rpc(method.sendTestNotification)
  async sendTestNotification(_request: pb.SendTestNotificationRequest, @SignedIn() user: SignedInUser) {
    const device = this.subscriptions.find(user.userId, sessionOf(user))
    if (!device) throw new Refusal(ErrorReason.PUSH_NOT_SUBSCRIBED)
    const { kind } = await this.sender.sendNow(device, { kind: 'test', locale: device.locale }, TEST_TERMS)
    if (kind === 'gone') throw new Refusal(ErrorReason.PUSH_NOT_SUBSCRIBED)
    if (kind === 'failed') throw new Refusal(ErrorReason.PUSH_FAILED)
    return {}
  }
}

/** Errors: UNAUTHENTICATED for a caller without a session, such as a bot. */
function sessionOf({ sessionId }: SignedInUser): string {
  if (!sessionId) throw new Refusal(ErrorReason.UNAUTHENTICATED)
  return sessionId
}
