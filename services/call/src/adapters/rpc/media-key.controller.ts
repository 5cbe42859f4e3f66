import type * as pb from '@beseda/proto/call/v1/media_key_service'
import { MediaKeyService } from '@beseda/proto/call/v1/media_key_service'
import { Rpc, SignedIn, type SignedInUser } from '@beseda/rpc'
import { Controller } from '@nestjs/common'
import { CallKeys } from '../../application/call-keys.js'
import type { KeyGroup, KeyState } from '../../application/ports.js'
import { deviceOf } from './mapping.js'

const { method } = MediaKeyService

/** The contract's MediaKeyService. */
@Controller()
export class MediaKeyController {
  constructor(private readonly keys: CallKeys) {}

  @Rpc(method.commitMediaKeys)
  async commitMediaKeys(request: pb.CommitMediaKeysRequest, @SignedIn() user: SignedInUser) {
    const { accepted, state } = await this.keys.commit(request, request, deviceOf(user), user.signal)
    return accepted ? { accepted } : { accepted, missed: answerOf(request, state) }
  }

  @Rpc(method.listMediaKeyCommits)
  async listMediaKeyCommits(request: pb.ListMediaKeyCommitsRequest, @SignedIn() user: SignedInUser) {
    return answerOf(request, await this.keys.since(request, request.epoch, deviceOf(user), user.signal))
  }
}

const answerOf = ({ groupId, callId, generation }: KeyGroup, { epoch, commits, groupInfo }: KeyState) => ({
  epoch,
  groupInfo: Uint8Array.from(groupInfo),
  commits: commits.map((step) => ({
    groupId,
    callId,
    generation,
    epoch: step.epoch,
    commit: Uint8Array.from(step.commit),
  })),
})
