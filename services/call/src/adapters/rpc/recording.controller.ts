import type * as pb from '@beseda/proto/call/v1/recording_service'
import { RecordingService } from '@beseda/proto/call/v1/recording_service'
import { Rpc, SignedIn, type SignedInUser } from '@beseda/rpc'
import { Controller } from '@nestjs/common'
import { CallRecordings } from '../../application/call-recordings.js'
import { Clock } from '../../application/ports.js'
import { RecordingDelivery } from '../../application/recording-delivery.js'
import { callOf, deviceOf } from './mapping.js'

const { method } = RecordingService

/** The contract's RecordingService. */
@Controller()
export class RecordingController {
  constructor(
    private readonly recordings: CallRecordings,
    private readonly delivery: RecordingDelivery,
    private readonly clock: Clock,
  ) {}

  @Rpc(method.startRecording)
  async startRecording(
    { groupId, callId, commandId, soundOnly }: pb.StartRecordingRequest,
    @SignedIn() user: SignedInUser,
  ) {
    const now = this.clock.now()
    const wanted = { commandId, soundOnly }
    const session = await this.recordings.start({ groupId, callId }, wanted, deviceOf(user), now, user.signal)
    return { call: callOf(session, this.clock.now()) }
  }

  @Rpc(method.stopRecording)
  async stopRecording(place: pb.StopRecordingRequest, @SignedIn() { userId, signal }: SignedInUser) {
    await this.recordings.stop(place, userId, this.clock.now(), signal)
    return {}
  }

  @Rpc(method.pauseRecording)
  async pauseRecording(place: pb.PauseRecordingRequest, @SignedIn() { userId, signal }: SignedInUser) {
    await this.recordings.pause(place, place.paused, userId, this.clock.now(), signal)
    return {}
  }

  @Rpc(method.answerRecording)
  async answerRecording(place: pb.AnswerRecordingRequest, @SignedIn() user: SignedInUser) {
    await this.recordings.answer(place, place.agreed, deviceOf(user), this.clock.now(), user.signal)
    return {}
  }

  @Rpc(method.finishRecording)
  async finishRecording({ recordingId }: pb.FinishRecordingRequest, @SignedIn() user: SignedInUser) {
    await this.delivery.finish(recordingId, deviceOf(user), this.clock.now())
    return {}
  }

  @Rpc(method.authorizeRecording)
  async authorizeRecording({ groupId, recordingId, userId, deviceId }: pb.AuthorizeRecordingRequest) {
    await this.delivery.authorize(groupId, recordingId, { userId, deviceId }, this.clock.now())
    return {}
  }
}
