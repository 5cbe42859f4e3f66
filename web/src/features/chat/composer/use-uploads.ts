import { newId } from '@beseda/kernel'
import { computed, onScopeDispose, shallowReactive } from 'vue'
import { isUnreachable } from '../../../net/errors.js'
import { keepLocal } from '../../../net/files.js'
import type { OutgoingFile, WaitingFile } from '../../../sync/model/outgoing.js'
import { toOutgoing } from '../../../sync/posting.js'

/** As in PostMessageRequest. */
const MAX_FILES = 10

/** A file that is being uploaded, or is uploaded. */
export interface Upload {
  readonly key: number
  readonly name: string
  readonly size: number
  /** A preview until the server has one. */
  readonly preview: string | undefined
  /** From 0 to 1. */
  readonly progress: number
  readonly stored: OutgoingFile | undefined
  readonly error: unknown
  /** Undefined: from a draft, and stored already. */
  readonly content: Blob | undefined
  readonly voice: Voice | undefined
}

type Voice = NonNullable<WaitingFile['voice']>

/** Files of a message that is being written: uploaded at once, so that they are stored when the message is sent. */
export function useUploads() {
  const uploads = shallowReactive(new Map<number, Upload>())
  const cancels = new Map<number, AbortController>()
  let lastKey = 0

  function change(key: number, part: Partial<Upload>): void {
    const present = uploads.get(key)
    if (present) uploads.set(key, { ...present, ...part })
  }

  /** Resolves when the file is stored; undefined: cancelled, failed, or over the limit. */
  async function add(content: Blob, name: string, voice?: Voice): Promise<OutgoingFile | undefined> {
    if (uploads.size >= MAX_FILES) return undefined
    const key = ++lastKey
    const cancel = new AbortController()
    cancels.set(key, cancel)
    const preview = content.type.startsWith('image/') ? URL.createObjectURL(content) : undefined
    const [size, progress] = [content.size, 0]
    uploads.set(key, { key, name, size, preview, progress, content, voice, stored: undefined, error: undefined })
    try {
      const onProgress = (progress: number) => change(key, { progress })
      const { uploadFile } = await import('../../../net/upload.js')
      const file = await uploadFile(content, name, { onProgress, signal: cancel.signal })
      const stored = toOutgoing(file, voice)
      if (stored.hasThumbnail) keepLocal(stored.fileId, content)
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

  /** Shows the files of a draft. */
  function restore(files: readonly OutgoingFile[]): void {
    const present = new Set([...uploads.values()].map(({ stored }) => stored?.fileId))
    for (const stored of files.filter(({ fileId }) => !present.has(fileId))) {
      const key = ++lastKey
      const { name, size } = stored
      const rest = { preview: undefined, error: undefined, content: undefined, voice: undefined }
      uploads.set(key, { ...rest, key, name, size, progress: 1, stored })
    }
  }

  const clear = (): void => [...uploads.keys()].forEach(remove)
  onScopeDispose(clear)

  const all = computed(() => [...uploads.values()])
  /** Not uploaded yet, or the server is unreachable: it may be sent with the message later. */
  const mayWait = ({ stored, error }: Upload) => !stored && (error === undefined || isUnreachable(error))

  return {
    uploads,
    stored: computed(() => all.value.flatMap(({ stored }) => stored ?? [])),
    /** Files that will be uploaded by the outbox. */
    waiting: (): WaitingFile[] =>
      all.value
        .filter(mayWait)
        .flatMap(({ name, content, voice }) => (content ? [{ localId: newId(), name, content, voice }] : [])),
    /** There is something to send. */
    any: computed(() => all.value.some((upload) => upload.stored !== undefined || mayWait(upload))),
    add,
    addAll: (files: Iterable<File>) => void [...files].slice(0, MAX_FILES).map((file) => add(file, file.name)),
    remove,
    restore,
    clear,
  }
}
