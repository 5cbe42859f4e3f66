import { createHash } from 'node:crypto'
import { Refusal } from '@beseda/kernel'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import {
  GroupNotificationsChangedSchema,
  NotificationSettingsChangedSchema,
  PushSubscribedSchema,
  QuietHoursSchema,
} from '@beseda/proto/notify/v1/events'
import type * as pb from '@beseda/proto/notify/v1/notify_service'
import { NotifyService } from '@beseda/proto/notify/v1/notify_service'
import { callerOf, Rpc, type RpcContext, requireUser } from '@beseda/rpc'
import { create } from '@bufbuild/protobuf'
import { Controller } from '@nestjs/common'
import { WebPushGateway } from './adapters/web-push.js'
import { Sender } from './application/sender.js'
import { Subscriptions } from './application/subscriptions.js'
import { Wishes } from './application/wishes.js'

const { method } = NotifyService
const TEST_TERMS = { ttlSeconds: 60, urgency: 'high', topic: '' } as const

/** The contract's NotifyService. */
@Controller()
export class NotifyController {
  constructor(
    private readonly wishes: Wishes,
    private readonly subscriptions: Subscriptions,
    private readonly sender: Sender,
    private readonly gateway: WebPushGateway,
  ) {}

  @Rpc(method.getNotificationSettings)
  async getNotificationSettings(_request: pb.GetNotificationSettingsRequest, context: RpcContext) {
    const userId = requireUser(context)
    const device = this.subscriptions.find(userId, context.sessionId ?? '')
    return {
      settings: this.wishes.of(userId),
      pushKey: this.gateway.publicKey,
      endpointHash: device ? createHash('sha256').update(device.endpoint).digest() : new Uint8Array(),
    }
  }

  @Rpc(method.updateNotificationSettings)
  async updateNotificationSettings(request: pb.UpdateNotificationSettingsRequest, context: RpcContext) {
    const { commandId, quietHours, hideContent } = request
    const hours = quietHours && {
      quietHours: create(QuietHoursSchema, {
        enabled: quietHours.enabled,
        fromMinute: quietHours.fromMinute,
        toMinute: quietHours.toMinute,
        timeZone: quietHours.timeZone,
      }),
    }
    const wanted = create(NotificationSettingsChangedSchema, { ...hours, hideContent })
    return { settings: await this.wishes.change(wanted, callerOf(context, commandId)) }
  }

  @Rpc(method.setGroupNotifications)
  async setGroupNotifications(request: pb.SetGroupNotificationsRequest, context: RpcContext) {
    const { commandId, groupId, level, mutedUntil } = request
    const wanted = create(GroupNotificationsChangedSchema, { level, ...(mutedUntil ? { mutedUntil } : {}) })
    return { settings: await this.wishes.changeGroup(groupId, wanted, callerOf(context, commandId)) }
  }

  @Rpc(method.subscribePush)
  async subscribePush(request: pb.SubscribePushRequest, context: RpcContext) {
    const { commandId, endpoint, p256dh, auth, locale } = request
    const deviceId = context.deviceId ?? ''
    const wanted = create(PushSubscribedSchema, { deviceId, endpoint, p256dh, auth, locale })
    await this.subscriptions.subscribe(sessionOf(context), wanted, callerOf(context, commandId))
    return {}
  }

  @Rpc(method.unsubscribePush)
  async unsubscribePush({ commandId }: pb.UnsubscribePushRequest, context: RpcContext) {
    await this.subscriptions.unsubscribe(sessionOf(context), callerOf(context, commandId))
    return {}
  }

  @Rpc(method.sendTestNotification)
  async sendTestNotification(_request: pb.SendTestNotificationRequest, context: RpcContext) {
    const device = this.subscriptions.find(requireUser(context), sessionOf(context))
    if (!device) throw new Refusal(ErrorReason.PUSH_NOT_SUBSCRIBED)
    const { kind } = await this.sender.sendNow(device, { kind: 'test', locale: device.locale }, TEST_TERMS)
    if (kind === 'gone') throw new Refusal(ErrorReason.PUSH_NOT_SUBSCRIBED)
    if (kind === 'failed') throw new Refusal(ErrorReason.PUSH_FAILED)
    return {}
  }
}

/** Errors: UNAUTHENTICATED; a bot has no session and no device. */
function sessionOf(context: RpcContext): string {
  requireUser(context)
  if (!context.sessionId) throw new Refusal(ErrorReason.UNAUTHENTICATED)
  return context.sessionId
}
