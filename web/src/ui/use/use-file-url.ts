import { BoundedMap } from '@beseda/async'
import { type Ref, ref, watchEffect } from 'vue'
import { fetchFile, forgetLocal } from '../../net/files.js'

/** Pictures kept at hand: a screen shows some dozens. */
const KEPT = 200
// A picture that never came has no address to revoke.
const revoke = (url: Promise<string> | undefined): void => void url?.then(URL.revokeObjectURL, () => undefined)
const urls = new BoundedMap<string, Promise<string>>(KEPT, revoke)

function urlOf(fileId: string, thumbnail: boolean): Promise<string> {
  const key = `${fileId} ${thumbnail}`
  const known = urls.get(key)
  const url = known ?? fetchFile(fileId, thumbnail).then((blob) => URL.createObjectURL(blob))
  urls.set(key, url)
  // Whoever shows the file is told; the next look fetches it again.
  url.catch(() => urls.delete(key))
  return url
}

/** The file was deleted: its bytes go from the memory of this page. */
export function forgetFile(fileId: string): void {
  forgetLocal(fileId)
  for (const thumbnail of [true, false]) {
    const key = `${fileId} ${thumbnail}`
    revoke(urls.get(key))
    urls.delete(key)
  }
}

/** An address of a file's bytes for `src`; undefined until they are there. Fetched once for all who show it. */
export function useFileUrl(
  fileId: () => string,
  thumbnail = false,
): { url: Ref<string | undefined>; failed: Ref<boolean> } {
  const url = ref<string>()
  const failed = ref(false)
  watchEffect(() => {
    const wanted = fileId()
    url.value = undefined
    failed.value = false
    if (wanted === '') return
    urlOf(wanted, thumbnail).then(
      (found) => {
        if (fileId() === wanted) url.value = found
      },
      () => {
        failed.value = true
      },
    )
  })
  return { url, failed }
}
