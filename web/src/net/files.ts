import { FileSchema, type File as StoredFile } from '@beseda/proto/group/v1/group_service'
import { fromJson, type JsonValue } from '@bufbuild/protobuf'
import { Code, ConnectError } from '@connectrpc/connect'
import { errorFromJson } from '@connectrpc/connect/protocol-connect'
import { unavailable } from './errors.js'
import { accessToken } from './session.js'

export interface UploadOptions {
  readonly purpose?: 'attachment' | 'avatar'
  /** From 0 to 1. */
  readonly onProgress?: (share: number) => void
  readonly signal?: AbortSignal
}

/** Sends a file and gives what the server has made of it. XMLHttpRequest: fetch tells nothing of progress. */
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
      else reject(errorFromJson(body, undefined, new ConnectError(request.statusText, Code.Unavailable)))
    }
    request.onerror = () => reject(unavailable())
    request.onabort = () => reject(new DOMException('', 'AbortError'))
    signal?.addEventListener('abort', () => request.abort(), { once: true })
    request.send(content)
  })
}

/** Files of this browser's own that are still at hand. */
const local = new Map<string, Blob>()
const MOST_LOCAL = 50

/** A file that was just sent, or waits to be, is shown without asking the server for it. */
export function keepLocal(fileId: string, content: Blob): void {
  local.set(fileId, content)
  const [oldest] = local.keys()
  if (local.size > MOST_LOCAL && oldest !== undefined) local.delete(oldest)
}

export const forgetLocal = (fileId: string): boolean => local.delete(fileId)

/** The bytes of a file. The token goes in a header, which a plain link or picture cannot send. */
export async function fetchFile(fileId: string, thumbnail = false): Promise<Blob> {
  const known = local.get(fileId)
  if (known) return known
  const token = await accessToken()
  const response = await fetch(`/api/files/${fileId}${thumbnail ? '/thumbnail' : ''}`, {
    headers: token ? { Authorization: `Bearer ${token}` } : {},
  })
  if (!response.ok) throw errorFromJson(await response.json().catch(() => null), undefined, unavailable())
  return response.blob()
}

/** Gives a file to the person, under its name. */
export function saveBlob(blob: Blob, name: string): void {
  const link = document.createElement('a')
  link.href = URL.createObjectURL(blob)
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000)
}
