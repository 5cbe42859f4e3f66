import type * as pb from '@beseda/proto/preview/v1/preview_service'
import { PreviewService } from '@beseda/proto/preview/v1/preview_service'
import { Rpc, type RpcContext, requireUser } from '@beseda/rpc'
import { Controller } from '@nestjs/common'
import { Previews } from './application/previews.js'

const { method } = PreviewService

/** The contract's PreviewService. */
@Controller()
export class PreviewController {
  constructor(private readonly previews: Previews) {}

  @Rpc(method.getPreview)
  async getPreview({ url }: pb.GetPreviewRequest, context: RpcContext) {
    const found = await this.previews.of(url, requireUser(context), Date.now())
    if (!found) return {}
    const { title, description, siteName, picture } = found
    const image = picture ? { image: picture.bytes, imageWidth: picture.width, imageHeight: picture.height } : {}
    return { preview: { title, description, siteName, ...image } }
  }
}
