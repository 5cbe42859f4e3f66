import { newId } from '@beseda/kernel'
import type { Call } from '@beseda/proto/call/v1/call_service'
import { shallowRef, triggerRef } from 'vue'
import { handled } from '../../../diagnostics/log.js'
import { recordings } from '../../../net/clients/recordings.js'
import type { ActiveCall } from '../active-call.js'
import { finish, holding, sendRest, toServer } from './left-pieces.js'
import { OwnRecording } from './own-recording.js'

/** The recording that this page makes. It outlives the window of the call, until the server has everything. */
export const ownRecording = shallowRef<OwnRecording>()
/** The server is being asked. */
export const starting = shallowRef(false)

/** Recordings that a page before has left: each is ended once. */
const left = new Set<string>()

/** Begins to record a call. Errors: those of StartRecording; this browser cannot record. */
export async function startRecording(
  active: Pick<ActiveCall, 'call' | 'update'>,
  soundOnly: boolean,
  nameOf: (userId: string) => string,
): Promise<void> {
  if (starting.value) return
  starting.value = true
  // One that is over may still be sending: it goes on with that beside the new one.
  void endOwn()
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
  const place = { groupId: call.groupId, callId: call.id, recordingId }
  const sent = Promise.withResolvers<void>()
  const uploader = toServer(
    () => !own.isOver,
    () => triggerRef(ownRecording),
  )
  const own: OwnRecording = new OwnRecording({
    ...{ ...place, soundOnly, nameOf, uploader },
    onStopped: () => void recordings.stopRecording(place).catch(handled('calls.recording')),
    async finish() {
      await finish(place)
      sent.resolve()
    },
  })
  void holding(recordingId, () => sent.promise).catch(handled('calls.recording'))
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
  const place = { groupId: call.groupId, callId: call.id, recordingId }
  await recordings.stopRecording(place).catch(handled('calls.recording'))
  await holding(recordingId, () => sendRest(recordingId))
  // Also when nothing was left.
  await finish(place)
}
