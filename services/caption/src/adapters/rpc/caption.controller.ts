import { Refusal } from '@beseda/kernel'
import type * as pb from '@beseda/proto/caption/v1/caption_service'
import { CaptionService } from '@beseda/proto/caption/v1/caption_service'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { Rpc, SignedIn, type SignedInUser } from '@beseda/rpc'
import { Controller } from '@nestjs/common'
import { Captions } from '../../application/captions.js'

const { method } = CaptionService

/** The contract's CaptionService. */
@Controller()
export class CaptionController {
  constructor(private readonly captions: Captions) {}

  @Rpc(method.getCaptionEngine)
  async getCaptionEngine() {
    return { publicKey: this.captions.publicKey }
  }

  @Rpc(method.transcribe)
  async transcribe(request: pb.TranscribeRequest, @SignedIn() { userId, deviceId, signal }: SignedInUser) {
    if (deviceId === undefined) throw new Refusal(ErrorReason.UNAUTHENTICATED)
    return { sealed: await this.captions.transcribe(request, { userId, deviceId }, signal) }
  }
}
