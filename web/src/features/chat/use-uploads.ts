import type { File as StoredFile } from '@beseda/proto/group/v1/group_service'
import { computed, onScopeDispose, shallowReactive } from 'vue'
import { uploadFile } from '../../net/files.js'
import type { OutgoingFile } from '../../sync/outbox.js'

/** As in PostMessageRequest. */
const MAX_FILES = 10

/** A file on its way to the server, or there. */
export interface Upload {
  readonly key: number
  readonly name: string
  readonly size: number
  /** A picture to show before the server has one. */
  readonly preview: string | undefined
  /** From 0 to 1. */
  readonly progress: number
  readonly stored: OutgoingFile | undefined
  readonly error: unknown
}

interface Voice {
  readonly durationMs: number
  readonly waveform: readonly number[]
}

const toOutgoing = (file: StoredFile, voice: Voice | undefined): OutgoingFile => ({
  fileId: file.id,
  name: file.name,
  contentType: file.contentType,
  size: Number(file.size),
  width: file.width,
  height: file.height,
  hasThumbnail: file.hasThumbnail,
  voice: voice !== undefined,
  durationMs: voice?.durationMs ?? 0,
  waveform: voice?.waveform ?? [],
})

/** Files of a message that is being written: sent at once, so that they are there when the message goes. */
export function useUploads() {
  const uploads = shallowReactive(new Map<number, Upload>())
  const cancels = new Map<number, AbortController>()
  let lastKey = 0

  function change(key: number, part: Partial<Upload>): void {
    const present = uploads.get(key)
    if (present) uploads.set(key, { ...present, ...part })
  }

  /** Resolves when the file is stored; undefined: cancelled, failed, or one too many. */
  async function add(content: Blob, name: string, voice?: Voice): Promise<OutgoingFile | undefined> {
    if (uploads.size >= MAX_FILES) return undefined
    const key = ++lastKey
    const cancel = new AbortController()
    cancels.set(key, cancel)
    const preview = content.type.startsWith('image/') ? URL.createObjectURL(content) : undefined
    uploads.set(key, { key, name, size: content.size, preview, progress: 0, stored: undefined, error: undefined })
    try {
      const onProgress = (progress: number) => change(key, { progress })
      const file = await uploadFile(content, name, { onProgress, signal: cancel.signal })
      const stored = toOutgoing(file, voice)
      change(key, { stored, progress: 1 })
      return stored
    } catch (error) {
      change(key, { error })
      return undefined
    }
  }

  function remove(key: number): void {
    cancels.get(key)?.abort()
    cancels.delete(key)
    const { preview } = uploads.get(key) ?? {}
    if (preview) URL.revokeObjectURL(preview)
    uploads.delete(key)
  }

  const clear = (): void => [...uploads.keys()].forEach(remove)
  onScopeDispose(clear)

  return {
    uploads,
    stored: computed(() => [...uploads.values()].flatMap(({ stored }) => stored ?? [])),
    /** Something is neither there nor given up. */
    busy: computed(() => [...uploads.values()].some(({ stored, error }) => !stored && error === undefined)),
    add,
    addAll: (files: Iterable<File>) => void [...files].slice(0, MAX_FILES).map((file) => add(file, file.name)),
    remove,
    clear,
  }
}
