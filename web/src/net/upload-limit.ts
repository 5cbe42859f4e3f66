import { localStore } from '../browser.js'
import { tooLarge } from './errors.js'

/** Kept in this browser: files are chosen offline, too. */
const KEY = 'beseda.upload-limit'

/** The server has said how large a file may be, in bytes; 0: it is older than this limit in its answer. */
export function keepUploadLimit(bytes: bigint): void {
  if (bytes > 0n) localStore.setItem(KEY, String(bytes))
}

/** Refuses a file that the server would refuse. Errors: TOO_LARGE with the limit. What is not known here is left to the server. */
export function requireSendable({ size }: { readonly size: number }): void {
  const limit = Number(localStore.getItem(KEY) ?? 0)
  if (limit > 0 && size > limit) throw tooLarge(limit)
}
