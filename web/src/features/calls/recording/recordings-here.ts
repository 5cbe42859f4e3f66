import { newId } from '@beseda/kernel'
import type { Call } from '@beseda/proto/call/v1/call_service'
import { shallowRef, triggerRef } from 'vue'
import { handled } from '../../../diagnostics/log.js'
import { recordings } from '../../../net/clients/recordings.js'
import { reasonOf, retryAfterMs } from '../../../net/errors.js'
import { systemClock } from '../../../time/clock.js'
import type { ActiveCall } from '../active-call.js'
import { OwnRecording } from './own-recording.js'
import { pieceStore } from './piece-store.js'
import { sendPiece } from './send-piece.js'
import { Uploader } from './uploader.js'

/** The recording that this page makes. It outlives the window of the call, until the server has everything. */
export const ownRecording = shallowRef<OwnRecording>()
/** The server is being asked. */
export const starting = shallowRef(false)

/** Recordings that a page before has left: each is ended once. */
const left = new Set<string>()

const uploader = (goesOn: () => boolean) =>
  new Uploader({
    clock: systemClock,
    store: pieceStore,
    send: sendPiece,
    reasonOf,
    retryAfterMs,
    goesOn,
    onChange: () => triggerRef(ownRecording),
  })

const finish = ({ groupId, id: callId }: Pick<Call, 'groupId' | 'id'>, recordingId: string): Promise<unknown> =>
  // It was posted already, or the network is gone: the server does not wait for ever.
  recordings.finishRecording({ groupId, callId, recordingId }).catch(handled('calls.recording'))

/** Begins to record a call. Errors: those of StartRecording; this browser cannot record. */
export async function startRecording(
  active: Pick<ActiveCall, 'call' | 'update'>,
  soundOnly: boolean,
  nameOf: (userId: string) => string,
): Promise<void> {
  if (ownRecording.value || starting.value) return
  starting.value = true
  const { call } = active
  const place = { groupId: call.groupId, callId: call.id }
  try {
    const answer = await recordings.startRecording({ ...place, commandId: newId(), soundOnly })
    const recordingId = answer.call?.recording?.id
    if (!answer.call || !recordingId) return
    // Not when the notice of it arrives: the page would look as if it recorded nothing that goes on.
    active.update(answer.call)
    await record(call, recordingId, soundOnly, nameOf).catch(async (error: unknown) => {
      await recordings.stopRecording({ ...place, recordingId })
      throw error
    })
  } finally {
    starting.value = false
  }
}

async function record(
  call: Pick<Call, 'groupId' | 'id'>,
  recordingId: string,
  soundOnly: boolean,
  nameOf: (userId: string) => string,
): Promise<void> {
  const { groupId } = call
  const own: OwnRecording = new OwnRecording({
    ...{ recordingId, groupId, soundOnly, nameOf, uploader: uploader(() => !own.isOver) },
    onStopped: () =>
      void recordings.stopRecording({ groupId, callId: call.id, recordingId }).catch(handled('calls.recording')),
    finish: async () => void (await finish(call, recordingId)),
  })
  ownRecording.value = own
  await own.start()
}

/** Ends the recording of this page, which goes on sending what it has. */
export async function endOwn(): Promise<void> {
  const own = ownRecording.value
  await own?.stop().catch(handled('calls.recording'))
  if (ownRecording.value === own) ownRecording.value = undefined
}

/** This page was loaded again in the middle of its recording: what the page before has left is sent, and the recording ends. */
export async function endLeft(call: Pick<Call, 'groupId' | 'id'>, recordingId: string): Promise<void> {
  if (left.has(recordingId)) return
  left.add(recordingId)
  const { groupId, id: callId } = call
  await recordings.stopRecording({ groupId, callId, recordingId }).catch(handled('calls.recording'))
  const rest = uploader(() => false)
  // Storage is blocked: nothing was left.
  for (const piece of await pieceStore.of(recordingId).catch(() => [])) rest.add(piece)
  await rest.settled()
  await finish(call, recordingId)
}
