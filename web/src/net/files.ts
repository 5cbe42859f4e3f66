import { BoundedMap } from '@beseda/async'
import { errorFromJson } from '@connectrpc/connect/protocol-connect'
import { unavailable } from './errors.js'
import { accessToken } from './session.js'

/** Files of this browser that are still in memory. */
const local = new BoundedMap<string, Blob>(50)

/** A file that was just sent, or waits to be sent, is shown without fetching it from the server. */
export function keepLocal(fileId: string, content: Blob): void {
  local.set(fileId, content)
}

export const forgetLocal = (fileId: string): boolean => local.delete(fileId)

/** Fetches the bytes of a file. The token is sent in a header, which a plain link or picture cannot do. */
export async function fetchFile(fileId: string, thumbnail = false): Promise<Blob> {
  const known = local.get(fileId)
  if (known) return known
  const token = await accessToken()
  const response = await fetch(`/api/files/${fileId}${thumbnail ? '/thumbnail' : ''}`, {
    headers: token ? { Authorization: `Bearer ${token}` } : {},
  })
  // An answer without JSON is not the gateway's own: `unavailable` is all that is known.
  if (!response.ok) throw errorFromJson(await response.json().catch(() => null), undefined, unavailable())
  return response.blob()
}

/** Saves a file to the person's device under its name. */
export function saveBlob(blob: Blob, name: string): void {
  const link = document.createElement('a')
  link.href = URL.createObjectURL(blob)
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000)
}
