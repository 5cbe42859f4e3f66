import { Refusal } from '@beseda/kernel'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { FilePurpose, GroupService } from '@beseda/proto/group/v1/group_service'
import { type Client, createClient, type Transport } from '@connectrpc/connect'
import type { Caller } from '../../application/accounts/caller.js'
import type { Pictures } from '../../application/accounts/ports.js'

/** Pictures that were uploaded to the group service. */
export class UploadedPictures implements Pictures {
  readonly #files: Client<typeof GroupService>

  constructor(transport: Transport) {
    this.#files = createClient(GroupService, transport)
  }

  async require(fileId: string, { userId, signal }: Caller): Promise<void> {
    const { file } = await this.#files.authorizeDownload({ fileId, userId }, signal ? { signal } : {})
    if (file?.purpose !== FilePurpose.AVATAR) throw new Refusal(ErrorReason.BAD_FILE, { file_id: fileId })
  }
}
