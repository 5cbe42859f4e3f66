import type { TemplatedApp } from 'uWebSockets.js'
import { newId, Refusal } from '@beseda/kernel'
import type { BlobStore } from '@beseda/platform'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { RateClass, Scope } from '@beseda/proto/common/v1/policy'
import { FilePurpose, FileSchema, GroupService } from '@beseda/proto/group/v1/group_service'
import { toJsonString } from '@bufbuild/protobuf'
import { createClient, type Transport } from '@connectrpc/connect'
import { type Answer, bearerToken, signedInUser } from '../answer.js'
import type { HttpPorts } from '../ports.js'
import { uploadStream } from '../streams.js'
import { answerUpload } from './answer-upload.js'
import { shortName } from './file-names.js'
import type { UploadRoom } from './upload-room.js'

/** Examining a large picture takes a second; an object store that does not answer takes longer. */
const TIMEOUT_MS = 20_000

export interface UploadPorts extends Pick<HttpPorts, 'addressOf' | 'signIn' | 'requests' | 'onFailure'> {
  readonly blobs: Pick<BlobStore, 'put'>
  readonly maxBytes: number
  readonly room: Pick<UploadRoom, 'during'>
}

/** `POST /api/files?name=…&purpose=avatar` stores the bytes of the body and answers with beseda.group.v1.File as JSON. */
export function serveUploads(app: TemplatedApp, rpc: Transport, ports: UploadPorts): void {
  const { blobs, maxBytes, room, requests, onFailure } = ports
  const files = createClient(GroupService, rpc)
  app.post('/api/files', (res, req) => {
    const [token, address] = [bearerToken(req), ports.addressOf(res, req)]
    const query = new URLSearchParams(req.getQuery())
    const name = shortName(query.get('name') ?? '')
    const purpose = query.get('purpose') === 'avatar' ? FilePurpose.AVATAR : FilePurpose.ATTACHMENT
    const announced = Number(req.getHeader('content-length') || 0)
    const upload = uploadStream(res, maxBytes)
    const store = async (): Promise<Answer> => {
      if (announced > maxBytes) throw new Refusal(ErrorReason.TOO_LARGE, { limit: String(maxBytes) })
      const userId = await signedInUser(ports.signIn, token, address, Scope.POST)
      await requests.limit(RateClass.UPLOAD, userId)
      const fileId = newId()
      // A sender who does not say how much is coming may send the most.
      await room.during(userId, announced || maxBytes, () => blobs.put(fileId, upload.stream, { user: userId }))
      const { file } = await files.finishUpload({ fileId, userId, name, purpose }, { timeoutMs: TIMEOUT_MS })
      const body = new TextEncoder().encode(file ? toJsonString(FileSchema, file) : '{}')
      return { status: '200 OK', contentType: 'application/json', body, retryAfterMs: 0 }
    }
    answerUpload(res, upload, store, onFailure)
  })
}
