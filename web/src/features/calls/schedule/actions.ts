import { newId } from '@beseda/kernel'
import type { Attendance } from '@beseda/proto/call/v1/events'
import { Permission } from '@beseda/proto/common/v1/permissions'
import type { ScheduledCall } from '@beseda/proto/group/v1/schedule_service'
import { roleAllows } from '@beseda/rules'
import { saveBlob } from '../../../net/files.js'
import { schedule } from '../../../net/index.js'
import type { Conversation } from '../../../sync/model/model.js'

/** What the server is asked to do with a scheduled call. */
const command = ({ groupId, id: scheduleId }: ScheduledCall) => ({ commandId: newId(), groupId, scheduleId })

export const answer = (call: ScheduledCall, attendance: Attendance) =>
  schedule.answerAttendance({ ...command(call), attendance })

export const callOff = (call: ScheduledCall) => schedule.unscheduleCall(command(call))

export const leaveOut = (call: ScheduledCall, occurrence: string) =>
  schedule.changeOccurrence({ ...command(call), occurrence, cancelled: true })

/** As by the terms. */
export const restore = (call: ScheduledCall, occurrence: string) =>
  schedule.changeOccurrence({ ...command(call), occurrence })

export const move = (call: ScheduledCall, occurrence: string, startsAt: string) =>
  schedule.changeOccurrence({ ...command(call), occurrence, startsAt })

/** A file for a calendar elsewhere. */
export async function saveForCalendar({ groupId, id: scheduleId, terms }: ScheduledCall): Promise<void> {
  const { icalendar } = await schedule.exportSchedule({ groupId, scheduleId, origin: location.origin })
  saveBlob(new Blob([icalendar], { type: 'text/calendar' }), `${terms?.title ?? 'call'}.ics`)
}

const permits = (permission: Permission, conversation: Conversation | undefined): boolean => {
  if (!conversation || conversation.archived) return false
  const { kind, settings, role } = conversation
  return roleAllows(permission, { kind, overrides: settings.permissions }, role)
}

export const maySchedule = (conversation: Conversation | undefined): boolean =>
  permits(Permission.START_CALL, conversation)

export const mayChange = (
  { organizerId }: ScheduledCall,
  conversation: Conversation | undefined,
  me: string,
): boolean => permits(organizerId === me ? Permission.START_CALL : Permission.MANAGE_SCHEDULE, conversation)
