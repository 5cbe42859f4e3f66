import { Refusal } from '@beseda/kernel'
import { CallState } from '@beseda/proto/call/v1/call_service'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import type { CallChange } from './call-change.js'
import { recordingEnded, recordingStarted } from './events.js'
import { type CallSession, type Device, isSame, live, type Recording } from './session.js'

export interface NewRecording {
  readonly id: string
  readonly commandId: string
  readonly soundOnly: boolean
}

/**
 * Begins to record. A repeat of the command changes nothing, also after its recording has ended: a late request must record nobody.
 * Errors: CALL_NOT_FOUND, CALL_ENDED, NOT_IN_CALL, RECORDING_GOES_ON.
 */
export function record(
  session: CallSession | undefined,
  callId: string,
  device: Device,
  { id, commandId, soundOnly }: NewRecording,
  now: number,
): CallChange {
  const call = live(session, callId)
  requirePresent(call, device)
  if (call.recorded === commandId) return { session: call, events: [] }
  if (call.recording) {
    const isRepeat = call.recording.commandId === commandId && call.recording.userId === device.userId
    if (isRepeat) return { session: call, events: [] }
    throw new Refusal(ErrorReason.RECORDING_GOES_ON)
  }
  const { userId, deviceId } = device
  const begun = { id, commandId, userId, deviceId, startedAt: now, soundOnly }
  const recording = { ...begun, paused: false, agreed: [], refused: [] }
  return seen({ ...call, recording }, [recordingStarted(call, recording)])
}

/** Stops a recording; one that has ended is stopped. Errors: CALL_NOT_FOUND. */
export function stopRecording(session: CallSession, recordingId: string): CallChange {
  if (session.recording?.id !== recordingId) return { session, events: [] }
  const { session: next, events } = withoutRecording(session)
  return seen(next, events)
}

/** Errors: RECORDING_NOT_FOUND. */
export function pauseRecording(session: CallSession, recordingId: string, paused: boolean): CallChange {
  const recording = recordingOf(session, recordingId)
  if (recording.paused === paused) return { session, events: [] }
  return seen({ ...session, recording: { ...recording, paused } }, [])
}

/** A participant agrees to be recorded, or does not. Errors: CALL_NOT_FOUND, CALL_ENDED, NOT_IN_CALL, RECORDING_NOT_FOUND. */
export function answerRecording(
  session: CallSession | undefined,
  callId: string,
  recordingId: string,
  device: Device,
  agrees: boolean,
): CallChange {
  const call = live(session, callId)
  requirePresent(call, device)
  const recording = recordingOf(call, recordingId)
  const { userId } = device
  const isKnown = (agrees ? recording.agreed : recording.refused).includes(userId)
  // Whoever records has agreed by that.
  if (isKnown || recording.userId === userId) return { session: call, events: [] }
  const others = (people: readonly string[]) => people.filter((one) => one !== userId)
  const agreed = agrees ? [...recording.agreed, userId] : others(recording.agreed)
  const refused = agrees ? others(recording.refused) : [...recording.refused, userId]
  return seen({ ...call, recording: { ...recording, agreed, refused } }, [])
}

/** The session without its recording, and the event that says so. */
export function withoutRecording(session: CallSession): CallChange {
  const { recording } = session
  if (!recording) return { session, events: [] }
  const next = { ...session, recording: undefined, recorded: recording.commandId }
  return { session: next, events: [recordingEnded(session, recording)] }
}

/**
 * Ends the recording of a device that is not in the call any more. The place of one that is away is kept, and it goes on recording: it may
 * only have lost the network.
 */
export function withoutLostRecording(session: CallSession): CallChange {
  const { recording, participants, away } = session
  const isThere = recording && [...participants, ...away].some((one) => isRecorder(recording, one))
  return isThere ? { session, events: [] } : withoutRecording(session)
}

/** Whether a device makes the recording. One that was recovered from the log has no device yet: any of that person's is it. */
export const isRecorder = (recording: Recording, { userId, deviceId }: Device): boolean =>
  recording.userId === userId && (recording.deviceId === '' || deviceId === '' || recording.deviceId === deviceId)

/** The recording, while the call goes on. Errors: RECORDING_NOT_FOUND. */
export function recordingOf({ state, recording }: CallSession, recordingId: string): Recording {
  if (state === CallState.ENDED || recording?.id !== recordingId) throw new Refusal(ErrorReason.RECORDING_NOT_FOUND)
  return recording
}

function requirePresent(call: CallSession, device: Device): void {
  if (!call.participants.some((one) => isSame(one, device))) throw new Refusal(ErrorReason.NOT_IN_CALL)
}

const seen = (session: CallSession, events: CallChange['events']): CallChange => ({
  session: { ...session, revision: session.revision + 1 },
  events,
})
