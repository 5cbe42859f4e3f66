import type * as pb from '@beseda/proto/group/v1/group_service'
import { GroupService } from '@beseda/proto/group/v1/group_service'
import { Context, Rpc, type RpcContext } from '@beseda/rpc'
import { timestampDate } from '@bufbuild/protobuf/wkt'
import { Controller } from '@nestjs/common'
import { Files } from '../../application/files.js'
import { Recordings } from '../../application/recordings.js'

const { method } = GroupService

/** The methods of GroupService about files, which gateways and the call service call. */
@Controller()
export class FileController {
  constructor(
    private readonly files: Files,
    private readonly recordings: Recordings,
  ) {}

  @Rpc(method.finishUpload)
  async finishUpload(request: pb.FinishUploadRequest, @Context() { signal }: RpcContext) {
    const { fileId, userId, name, purpose } = request
    return { file: await this.files.finish(fileId, userId, name, purpose, signal) }
  }

  @Rpc(method.authorizeDownload)
  async authorizeDownload({ fileId, userId }: pb.AuthorizeDownloadRequest, @Context() { signal }: RpcContext) {
    return { file: await this.files.authorize(fileId, userId, signal) }
  }

  @Rpc(method.postRecording)
  async postRecording(request: pb.PostRecordingRequest, @Context() { traceparent }: RpcContext) {
    const { groupId, recordingId, userId, soundOnly } = request
    const startedAt = request.startedAt ? timestampDate(request.startedAt) : new Date()
    const recording = { groupId, recordingId, userId, soundOnly, startedAt, now: new Date(), traceparent }
    return { posted: await this.recordings.post(recording) }
  }
}
