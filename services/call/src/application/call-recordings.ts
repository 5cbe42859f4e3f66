import { newId, Refusal } from '@beseda/kernel'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { Permission } from '@beseda/proto/common/v1/permissions'
import { GroupKind } from '@beseda/proto/group/v1/events'
import { isAdmin, permit } from '@beseda/rules'
import type { CallChange } from '../domain/call-change.js'
import { answerRecording, pauseRecording, record, recordingOf, stopRecording } from '../domain/recording.js'
import { type CallSession, type Device, present } from '../domain/session.js'
import { requireMember } from './call-members.js'
import type { CallSessions } from './call-sessions.js'
import type { Members } from './ports.js'
import type { RecordingDelivery } from './recording-delivery.js'

/** A recording of a group's call, as a request names it. */
export interface RecordingPlace {
  readonly groupId: string
  readonly callId: string
  readonly recordingId: string
}

/** What people do with the recording of a call. */
export class CallRecordings {
  constructor(
    private readonly sessions: CallSessions,
    private readonly members: Members,
    private readonly delivery: Pick<RecordingDelivery, 'authorize'>,
  ) {}

  /** Errors: NOT_A_MEMBER, BLOCKED, NOT_PERMITTED, MUTED; those of {@link record}. */
  async start(
    { groupId, callId }: Omit<RecordingPlace, 'recordingId'>,
    wanted: { readonly commandId: string; readonly soundOnly: boolean },
    device: Device,
    now: number,
    signal: AbortSignal,
  ): Promise<CallSession> {
    const mine = await requireMember(this.members, groupId, device.userId, signal)
    permit(Permission.RECORD_CALL, mine, mine, now)
    permit(Permission.POST, mine, mine, now)
    const recording = { id: newId(), ...wanted }
    const decide = (before: CallSession | undefined) => record(before, callId, device, recording, now)
    const { session } = await this.sessions.change(groupId, now, decide)
    // Also of a recording that ends before its first piece is sent, there is something to deliver.
    if (session.recording) await this.delivery.authorize(groupId, session.recording.id, device, now)
    return session
  }

  /** Errors: NOT_A_MEMBER, BLOCKED, CALL_NOT_FOUND, NOT_PERMITTED. */
  stop(place: RecordingPlace, userId: string, now: number, signal: AbortSignal): Promise<void> {
    return this.#asKeeper(place, userId, now, signal, (session) => stopRecording(session, place.recordingId))
  }

  /** Errors: as {@link stop}; RECORDING_NOT_FOUND. */
  pause(place: RecordingPlace, paused: boolean, userId: string, now: number, signal: AbortSignal): Promise<void> {
    return this.#asKeeper(place, userId, now, signal, (session) => {
      recordingOf(session, place.recordingId)
      return pauseRecording(session, place.recordingId, paused)
    })
  }

  /** Errors: NOT_A_MEMBER, BLOCKED; those of {@link answerRecording}. */
  async answer(
    { groupId, callId, recordingId }: RecordingPlace,
    agrees: boolean,
    device: Device,
    now: number,
    signal: AbortSignal,
  ): Promise<void> {
    await requireMember(this.members, groupId, device.userId, signal)
    await this.sessions.change(groupId, now, (before) => answerRecording(before, callId, recordingId, device, agrees))
  }

  /** For whoever started it, and for admins; a direct chat has none, so there it is both. */
  async #asKeeper(
    { groupId, callId, recordingId }: RecordingPlace,
    userId: string,
    now: number,
    signal: AbortSignal,
    decide: (session: CallSession) => CallChange,
  ): Promise<void> {
    const { role, kind } = await requireMember(this.members, groupId, userId, signal)
    await this.sessions.change(groupId, now, (before) => {
      const call = present(before, callId)
      const isTheirs = call.recording?.id === recordingId && call.recording.userId === userId
      const isOver = call.recording?.id !== recordingId
      if (!isTheirs && !isOver && !isAdmin(role) && kind !== GroupKind.DIRECT) {
        throw new Refusal(ErrorReason.NOT_PERMITTED)
      }
      return decide(call)
    })
  }
}
