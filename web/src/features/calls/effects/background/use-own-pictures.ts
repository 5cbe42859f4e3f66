import { onBeforeUnmount, onMounted, ref, shallowRef } from 'vue'
import { handled } from '../../../../diagnostics/log.js'
import { addPicture, MOST_PICTURES, ownPictures, removePicture } from './own-pictures.js'

export interface ShownPicture {
  readonly id: string
  readonly url: string
}

/** The person's own backgrounds, to choose from. */
export function useOwnPictures() {
  const pictures = shallowRef<readonly ShownPicture[]>([])
  /** The last file could not be used. */
  const unreadable = ref(false)
  const urls: string[] = []

  function shown({ id, blob }: { id: string; blob: Blob }): ShownPicture {
    const url = URL.createObjectURL(blob)
    urls.push(url)
    return { id, url }
  }
  /** Resolves with its id, or with nothing if it cannot be used. */
  async function add(file: File): Promise<string | undefined> {
    unreadable.value = false
    const added = await addPicture(file).catch(handled('calls.backgrounds'))
    unreadable.value = !added
    if (added) pictures.value = [...pictures.value, shown(added)]
    return added?.id
  }
  async function remove(id: string): Promise<void> {
    await removePicture(id).catch(handled('calls.backgrounds', 'STORAGE_FAILED'))
    pictures.value = pictures.value.filter((one) => one.id !== id)
  }
  onMounted(async () => {
    // Where storage is blocked there are none.
    const all = await ownPictures().catch(handled('calls.backgrounds', 'STORAGE_FAILED'))
    pictures.value = (all ?? []).map(shown)
  })
  onBeforeUnmount(() => {
    for (const url of urls) URL.revokeObjectURL(url)
  })

  return { pictures, unreadable, add, remove, mayAdd: () => pictures.value.length < MOST_PICTURES }
}
