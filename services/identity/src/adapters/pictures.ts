import { Refusal } from '@beseda/kernel'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { FilePurpose, GroupService } from '@beseda/proto/group/v1/group_service'
import { createClient, type Transport } from '@connectrpc/connect'
import type { Pictures } from '../application/accounts.js'

/** Uploaded pictures, as the group service keeps them. */
export function uploadedPictures(rpc: Transport): Pictures {
  const files = createClient(GroupService, rpc)
  return {
    async require(fileId, { userId, signal }) {
      const { file } = await files.authorizeDownload({ fileId, userId }, signal ? { signal } : {})
      if (file?.purpose !== FilePurpose.AVATAR) throw new Refusal(ErrorReason.BAD_FILE, { file_id: fileId })
    },
  }
}
