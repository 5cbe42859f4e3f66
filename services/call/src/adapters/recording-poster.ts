import { GroupService } from '@beseda/proto/group/v1/group_service'
import { timestampFromMs } from '@bufbuild/protobuf/wkt'
import { createClient, type Transport } from '@connectrpc/connect'
import type { RecordingPoster } from '../application/ports.js'

/** Two gigabytes are copied in half a minute where disks are slow. */
const TIMEOUT_MS = 120_000

/** Recordings become messages in the group service. */
export function groupRecordingPoster(rpc: Transport): RecordingPoster {
  const groups = createClient(GroupService, rpc)
  return {
    async post({ groupId, id: recordingId, userId, startedAt, soundOnly }) {
      const request = { groupId, recordingId, userId, startedAt: timestampFromMs(startedAt), soundOnly }
      await groups.postRecording(request, { timeoutMs: TIMEOUT_MS })
    },
  }
}
