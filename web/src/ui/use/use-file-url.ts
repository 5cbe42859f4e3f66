import { BoundedMap } from '@beseda/async'
import { onScopeDispose, type Ref, ref, watchEffect } from 'vue'
import { isUnreachable } from '../../net/errors.js'
import { fetchFile, forgetLocal } from '../../net/files.js'
import { connection } from '../../net/the-connection.js'

/** Limit of cached pictures: a screen shows some dozens. */
const KEPT = 200
// A picture that failed to load has no URL to revoke.
const revoke = (url: Promise<string> | undefined): void => void url?.then(URL.revokeObjectURL, () => undefined)
const urls = new BoundedMap<string, Promise<string>>(KEPT, revoke)

function urlOf(fileId: string, thumbnail: boolean): Promise<string> {
  const key = `${fileId} ${thumbnail}`
  const known = urls.get(key)
  const url = known ?? fetchFile(fileId, thumbnail).then((blob) => URL.createObjectURL(blob))
  urls.set(key, url)
  // The caller gets the error; the next use fetches it again.
  url.catch(() => urls.delete(key))
  return url
}

/** The file was deleted: its bytes are removed from the memory of this page. */
export function forgetFile(fileId: string): void {
  forgetLocal(fileId)
  for (const thumbnail of [true, false]) {
    const key = `${fileId} ${thumbnail}`
    revoke(urls.get(key))
    urls.delete(key)
  }
}

/** Why a file is not shown: the server has none, or is out of reach, and the file is fetched again when it is not. */
export type FileFailure = 'gone' | 'offline'

/** An object URL of a file for `src`; undefined until it is loaded. Fetched once for all users. */
export function useFileUrl(
  fileId: () => string,
  thumbnail = false,
): { url: Ref<string | undefined>; failed: Ref<FileFailure | undefined> } {
  const url = ref<string>()
  const failed = ref<FileFailure>()
  /** Counts the connections since it failed. */
  const connections = ref(0)
  let again: (() => void) | undefined
  function retry(): void {
    again?.()
    again = undefined
    connections.value++
  }
  onScopeDispose(() => again?.())
  watchEffect(() => {
    const wanted = fileId()
    void connections.value
    url.value = undefined
    failed.value = undefined
    if (wanted === '') return
    urlOf(wanted, thumbnail).then(
      (found) => {
        if (fileId() === wanted) url.value = found
      },
      (error: unknown) => {
        if (fileId() !== wanted) return
        failed.value = isUnreachable(error) ? 'offline' : 'gone'
        if (failed.value === 'offline') again ??= connection.on('live', retry)
      },
    )
  })
  return { url, failed }
}
