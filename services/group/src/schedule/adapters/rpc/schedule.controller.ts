import { Refusal } from '@beseda/kernel'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import type * as pb from '@beseda/proto/group/v1/schedule_service'
import { ScheduleService } from '@beseda/proto/group/v1/schedule_service'
import { Context, Rpc, type RpcContext, SignedIn, type SignedInUser } from '@beseda/rpc'
import { timestampFromMs } from '@bufbuild/protobuf/wkt'
import { Controller } from '@nestjs/common'
import { CalendarFeeds } from '../../application/calendar-feeds.js'
import { ScheduleCommands } from '../../application/schedule-commands.js'
import { ScheduleQueries } from '../../application/schedule-queries.js'
import { toScheduledCall } from './mapping.js'

const { method } = ScheduleService

/** The contract's ScheduleService. */
@Controller()
export class ScheduleController {
  constructor(
    private readonly commands: ScheduleCommands,
    private readonly queries: ScheduleQueries,
    private readonly feeds: CalendarFeeds,
  ) {}

  @Rpc(method.scheduleCall)
  async scheduleCall({ groupId, commandId, terms }: pb.ScheduleCallRequest, @SignedIn() user: SignedInUser) {
    const { scheduleId, seq } = await this.commands.schedule(groupId, given(terms), user.command(commandId))
    return { scheduleId, seq: BigInt(seq) }
  }

  @Rpc(method.rescheduleCall)
  async rescheduleCall(request: pb.RescheduleCallRequest, @SignedIn() user: SignedInUser) {
    const { groupId, commandId, scheduleId } = request
    const command = { type: 'Reschedule', scheduleId, terms: given(request.terms) } as const
    const { seq } = await this.commands.run(groupId, command, user.command(commandId))
    return { seq: BigInt(seq) }
  }

  @Rpc(method.unscheduleCall)
  async unscheduleCall({ groupId, commandId, scheduleId }: pb.UnscheduleCallRequest, @SignedIn() user: SignedInUser) {
    const { seq } = await this.commands.run(groupId, { type: 'Unschedule', scheduleId }, user.command(commandId))
    return { seq: BigInt(seq) }
  }

  @Rpc(method.changeOccurrence)
  async changeOccurrence(request: pb.ChangeOccurrenceRequest, @SignedIn() user: SignedInUser) {
    const { groupId, commandId, scheduleId, occurrence, cancelled, startsAt, durationMin } = request
    const command = { type: 'ChangeOccurrence', scheduleId, occurrence, cancelled, startsAt, durationMin } as const
    const { seq } = await this.commands.run(groupId, command, user.command(commandId))
    return { seq: BigInt(seq) }
  }

  @Rpc(method.answerAttendance)
  async answerAttendance(request: pb.AnswerAttendanceRequest, @SignedIn() user: SignedInUser) {
    const { groupId, commandId, scheduleId, attendance } = request
    const { seq } = await this.commands.run(
      groupId,
      { type: 'Answer', scheduleId, attendance },
      user.command(commandId),
    )
    return { seq: BigInt(seq) }
  }

  @Rpc(method.listSchedule)
  async listSchedule({ groupId, minSeq }: pb.ListScheduleRequest, @SignedIn() { userId, signal }: SignedInUser) {
    return { calls: (await this.queries.list(groupId, userId, Number(minSeq), signal)).map(toScheduledCall) }
  }

  @Rpc(method.listMySchedule)
  async listMySchedule(_request: pb.ListMyScheduleRequest, @SignedIn() { userId, signal }: SignedInUser) {
    return { calls: (await this.queries.listOf(userId, Date.now(), signal)).map(toScheduledCall) }
  }

  @Rpc(method.exportSchedule)
  async exportSchedule(request: pb.ExportScheduleRequest, @SignedIn() { userId, signal }: SignedInUser) {
    const { groupId, scheduleId, origin } = request
    return { icalendar: await this.queries.export(groupId, scheduleId, userId, origin, signal) }
  }

  @Rpc(method.offerCalendarFeed)
  async offerCalendarFeed({ commandId, titles }: pb.OfferCalendarFeedRequest, @SignedIn() user: SignedInUser) {
    return { token: await this.feeds.offer(titles, user.command(commandId)) }
  }

  @Rpc(method.revokeCalendarFeed)
  async revokeCalendarFeed({ commandId }: pb.RevokeCalendarFeedRequest, @SignedIn() user: SignedInUser) {
    await this.feeds.revoke(user.command(commandId))
    return {}
  }

  @Rpc(method.getCalendarFeed)
  async getCalendarFeed(_request: pb.GetCalendarFeedRequest, @SignedIn() { userId, signal }: SignedInUser) {
    const feed = await this.feeds.find(userId, signal)
    return feed ? { offered: true, offeredAt: timestampFromMs(feed.changedAt), titles: feed.titles } : {}
  }

  @Rpc(method.readCalendarFeed)
  async readCalendarFeed({ token, origin }: pb.ReadCalendarFeedRequest, @Context() { signal }: RpcContext) {
    return { icalendar: await this.feeds.read(token, origin, Date.now(), signal) }
  }
}

/** The contract requires them. */
function given<Terms>(terms: Terms | undefined): Terms {
  if (terms === undefined) throw new Refusal(ErrorReason.INVALID_REQUEST, { field: 'terms' })
  return terms
}
