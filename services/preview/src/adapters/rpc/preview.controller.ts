import type * as pb from '@beseda/proto/preview/v1/preview_service'
import { PreviewService } from '@beseda/proto/preview/v1/preview_service'
import { Rpc, SignedIn, type SignedInUser } from '@beseda/rpc'
import { Controller } from '@nestjs/common'
import { Previews } from '../../application/previews.js'
import { previewOf } from './mapping.js'

const { method } = PreviewService

/** The contract's PreviewService. */
@Controller()
export class PreviewController {
  constructor(private readonly previews: Previews) {}

  @Rpc(method.getPreview)
  async getPreview({ url }: pb.GetPreviewRequest, @SignedIn() { userId }: SignedInUser) {
    const preview = await this.previews.of(url, userId, Date.now())
    return preview ? { preview: previewOf(preview) } : {}
  }
}
