import { BoundedMap } from '@beseda/async'
import { errorFromJson } from '@connectrpc/connect/protocol-connect'
import { unavailable } from './errors.js'
import { accessToken } from './session.js'

/** Files of this browser's own that are still at hand. */
const local = new BoundedMap<string, Blob>(50)

/** A file that was just sent, or waits to be, is shown without asking the server for it. */
export function keepLocal(fileId: string, content: Blob): void {
  local.set(fileId, content)
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
  // An answer without JSON is not the gateway's own: `unavailable` says what is known.
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
