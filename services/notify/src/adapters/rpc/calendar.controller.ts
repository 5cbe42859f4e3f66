import { Refusal } from '@beseda/kernel'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import type * as pb from '@beseda/proto/notify/v1/calendar_service'
import { CalendarFailure, CalendarService } from '@beseda/proto/notify/v1/calendar_service'
import { Rpc, SignedIn, type SignedInUser } from '@beseda/rpc'
import { timestampFromMs } from '@bufbuild/protobuf/wkt'
import { Controller } from '@nestjs/common'
import { CalendarConnections } from '../../application/calendar-connections.js'
import { failureOf } from '../../domain/calendar/calendar.js'

const { method } = CalendarService

/** Calendars that people keep on CalDAV servers. */
@Controller()
export class CalendarController {
  constructor(private readonly connections: CalendarConnections) {}

  @Rpc(method.findCalendars)
  async findCalendars({ address, signIn }: pb.FindCalendarsRequest, @SignedIn() _user: SignedInUser) {
    const outcome = await this.connections.find(address, given(signIn))
    return 'failure' in outcome ? outcome : { calendars: [...outcome.found] }
  }

  @Rpc(method.connectCalendar)
  async connectCalendar(request: pb.ConnectCalendarRequest, @SignedIn() user: SignedInUser) {
    const { commandId, url, signIn, titles, origin } = request
    const wanted = { url, titles, origin }
    const failure = await this.connections.connect(wanted, given(signIn), user.command(commandId))
    return { failure: failure ?? CalendarFailure.UNSPECIFIED }
  }

  @Rpc(method.disconnectCalendar)
  async disconnectCalendar({ commandId, removeCalls }: pb.DisconnectCalendarRequest, @SignedIn() user: SignedInUser) {
    await this.connections.disconnect(removeCalls, user.command(commandId))
    return {}
  }

  @Rpc(method.getCalendarConnection)
  async getCalendarConnection(_request: pb.GetCalendarConnectionRequest, @SignedIn() { userId, signal }: SignedInUser) {
    const kept = await this.connections.of(userId, signal)
    const { connection, entries, ending } = kept
    if (!connection) return {}
    const failure = failureOf(kept)
    const { url, name, userName, titles } = connection
    const retryAt = failure?.retryAt === undefined ? {} : { retryAt: timestampFromMs(failure.retryAt) }
    const reason = failure?.reason ?? CalendarFailure.UNSPECIFIED
    return { connected: true, url, name, userName, titles, calls: entries.length, ending, failure: reason, ...retryAt }
  }
}

/** The contract requires it. */
function given<SignIn>(signIn: SignIn | undefined): SignIn {
  if (signIn === undefined) throw new Refusal(ErrorReason.INVALID_REQUEST, { field: 'sign_in' })
  return signIn
}
