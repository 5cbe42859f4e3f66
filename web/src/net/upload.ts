import { FileSchema, type File as StoredFile } from '@beseda/proto/group/v1/group_service'
import { fromJson, type JsonValue } from '@bufbuild/protobuf'
import { Code, ConnectError } from '@connectrpc/connect'
import { errorFromJson } from '@connectrpc/connect/protocol-connect'
import { tooLarge, unavailable } from './errors.js'
import { accessToken } from './session.js'

export interface UploadOptions {
  readonly purpose?: 'attachment' | 'avatar'
  /** From 0 to 1. */
  readonly onProgress?: (share: number) => void
  readonly signal?: AbortSignal
}

/** Uploads a file and returns the server's record of it. XMLHttpRequest: fetch reports no upload progress. */
export async function uploadFile(
  content: Blob,
  name: string,
  { purpose = 'attachment', onProgress, signal }: UploadOptions = {},
): Promise<StoredFile> {
  const token = await accessToken()
  const request = new XMLHttpRequest()
  const query = new URLSearchParams({ name, purpose })
  return new Promise((resolve, reject) => {
    request.open('POST', `/api/files?${query}`)
    request.responseType = 'json'
    if (token) request.setRequestHeader('Authorization', `Bearer ${token}`)
    request.upload.onprogress = ({ loaded, total }) => onProgress?.(total > 0 ? loaded / total : 0)
    request.onload = () => {
      const body = request.response as JsonValue
      if (request.status === 200) resolve(fromJson(FileSchema, body, { ignoreUnknownFields: true }))
      else reject(errorFromJson(body, undefined, request.status === 413 ? tooLarge() : noAnswer(request)))
    }
    request.onerror = () => reject(unavailable())
    request.onabort = () => reject(new DOMException('', 'AbortError'))
    signal?.addEventListener('abort', () => request.abort(), { once: true })
    request.send(content)
  })
}

/** Not the gateway's own answer: its status is all that is known. */
const noAnswer = ({ statusText }: XMLHttpRequest): ConnectError => new ConnectError(statusText, Code.Unavailable)
