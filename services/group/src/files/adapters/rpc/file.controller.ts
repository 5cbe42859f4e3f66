import type * as pb from '@beseda/proto/group/v1/group_service'
import { GroupService } from '@beseda/proto/group/v1/group_service'
import { Context, Rpc, type RpcContext } from '@beseda/rpc'
import { Controller } from '@nestjs/common'
import { Files } from '../../application/files.js'

const { method } = GroupService

/** The methods of GroupService that gateways call about files. */
@Controller()
export class FileController {
  constructor(private readonly files: Files) {}

  @Rpc(method.finishUpload)
  async finishUpload(request: pb.FinishUploadRequest, @Context() { signal }: RpcContext) {
    const { fileId, userId, name, purpose } = request
    return { file: await this.files.finish(fileId, userId, name, purpose, signal) }
  }

  @Rpc(method.authorizeDownload)
  async authorizeDownload({ fileId, userId }: pb.AuthorizeDownloadRequest, @Context() { signal }: RpcContext) {
    return { file: await this.files.authorize(fileId, userId, signal) }
  }
}
