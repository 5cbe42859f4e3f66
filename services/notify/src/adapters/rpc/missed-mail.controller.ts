import { newId } from '@beseda/kernel'
import type * as pb from '@beseda/proto/notify/v1/missed_mail_service'
import { MissedMailService } from '@beseda/proto/notify/v1/missed_mail_service'
import { Context, Rpc, type RpcContext, SignedIn, type SignedInUser } from '@beseda/rpc'
import { timestampMs } from '@bufbuild/protobuf/wkt'
import { Controller } from '@nestjs/common'
import { InvitationLetters } from '../../application/invitation-letters.js'
import { MissedQueries } from '../../application/missed-queries.js'
import { NotificationPreferences } from '../../application/notification-preferences.js'
import { ReminderLetters } from '../../application/reminder-letters.js'
import { Unsubscribing } from '../../application/unsubscribing.js'

const { method } = MissedMailService

/** Letters about what people have missed. */
@Controller()
export class MissedMailController {
  constructor(
    private readonly preferences: NotificationPreferences,
    private readonly missed: MissedQueries,
    private readonly unsubscribing: Unsubscribing,
    private readonly reminders: ReminderLetters,
    private readonly invitations: InvitationLetters,
  ) {}

  @Rpc(method.getMailChoice)
  async getMailChoice(_request: pb.GetMailChoiceRequest, @SignedIn() { userId }: SignedInUser) {
    const { mail, callInvitations } = this.preferences.of(userId).general
    return { mail, callInvitations }
  }

  @Rpc(method.setMailChoice)
  async setMailChoice({ commandId, mail, callInvitations }: pb.SetMailChoiceRequest, @SignedIn() user: SignedInUser) {
    await this.preferences.setMail(mail, callInvitations, user.command(commandId))
    return {}
  }

  @Rpc(method.unsubscribe)
  async unsubscribe({ code }: pb.UnsubscribeRequest, @Context() { signal, traceparent }: RpcContext) {
    await this.unsubscribing.end(code, { commandId: newId(), now: new Date(), signal, traceparent })
    return {}
  }

  @Rpc(method.countMissed)
  async countMissed({ userId, digest }: pb.CountMissedRequest) {
    const counts = await this.missed.of(userId, digest, Date.now())
    if (!counts) return {}
    const { mentions, messages, conversations, named } = counts
    const unsubscribeCode = this.unsubscribing.codeOf(userId)
    return { missed: true, mentions, messages, conversations, named: [...named], unsubscribeCode }
  }

  @Rpc(method.describeReminder)
  async describeReminder({ userId, groupId, scheduleId, startsAt }: pb.DescribeReminderRequest) {
    const call = { groupId, scheduleId, startsAt: startsAt ? timestampMs(startsAt) : 0 }
    const described = this.reminders.describe(userId, call, Date.now())
    return described ? { ahead: true, title: described.title, unsubscribeCode: this.unsubscribing.codeOf(userId) } : {}
  }

  @Rpc(method.describeInvitation)
  async describeInvitation({ userId, invitation, cancelled }: pb.DescribeInvitationRequest) {
    const described = invitation && (await this.invitations.describe(userId, invitation, cancelled, Date.now()))
    if (!described) return {}
    const { terms, changes } = described
    const about = terms ? { terms, changes: [...changes] } : {}
    return { stands: true, ...about, unsubscribeCode: this.unsubscribing.codeOf(userId) }
  }
}
