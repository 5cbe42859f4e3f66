import type * as pb from '@beseda/proto/group/v1/group_service'
import { GroupService } from '@beseda/proto/group/v1/group_service'
import { Rpc, type RpcContext } from '@beseda/rpc'
import { Controller } from '@nestjs/common'
import { Files } from '../../application/files.js'

const { method } = GroupService

/** What gateways ask about files. */
@Controller()
export class FileController {
  constructor(private readonly files: Files) {}

  @Rpc(method.finishUpload)
  async finishUpload({ fileId, userId, name, purpose }: pb.FinishUploadRequest, _context: RpcContext) {
    return { file: await this.files.finish(fileId, userId, name, purpose) }
  }

  @Rpc(method.authorizeDownload)
  async authorizeDownload({ fileId, userId }: pb.AuthorizeDownloadRequest, { signal }: RpcContext) {
    return { file: await this.files.authorize(fileId, userId, signal) }
  }
}
