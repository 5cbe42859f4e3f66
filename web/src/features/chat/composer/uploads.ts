import { newId } from '@beseda/kernel'
import { shallowReactive } from 'vue'
import { isUnreachable } from '../../../net/errors.js'
import { keepLocal } from '../../../net/files.js'
import { requireSendable } from '../../../net/upload-limit.js'
import type { OutgoingFile, WaitingFile } from '../../../sync/model/outgoing.js'
import { toOutgoing } from '../../../sync/posting.js'

/** A file that is being uploaded, or is uploaded. */
export interface Upload {
  readonly key: number
  readonly name: string
  readonly size: number
  /** A preview until the server has one. */
  readonly preview: string | undefined
  /** From 0 to 1. */
  readonly progress: number
  /** `waiting`: the server is unreachable, and the file may be sent with the message later. */
  readonly state: 'uploading' | 'stored' | 'waiting' | 'refused'
  readonly stored: OutgoingFile | undefined
  readonly error: unknown
  /** Undefined: from a draft, and stored already. */
  readonly content: Blob | undefined
  readonly voice: Voice | undefined
}

type Voice = NonNullable<WaitingFile['voice']>

/** A folder, or a file that was moved since it was chosen, has no bytes to read. */
export class UnreadableFile extends Error {}

async function requireReadable(content: Blob): Promise<void> {
  try {
    await content.slice(0, 1).arrayBuffer()
  } catch (cause) {
    throw new UnreadableFile('the file cannot be read', { cause })
  }
}

/** The files of one message that is being written, in the order in which they were chosen. */
export class Uploads {
  readonly all = shallowReactive(new Map<number, Upload>())
  readonly #cancels = new Map<number, AbortController>()
  #lastKey = 0

  /** Resolves when the file is stored, refused or removed, or the server is unreachable. */
  async add(content: Blob, name: string, voice?: Voice): Promise<void> {
    const key = ++this.#lastKey
    const cancel = new AbortController()
    this.#cancels.set(key, cancel)
    const preview = content.type.startsWith('image/') ? URL.createObjectURL(content) : undefined
    const rest = { progress: 0, state: 'uploading', stored: undefined, error: undefined } as const
    this.all.set(key, { key, name, size: content.size, preview, content, voice, ...rest })
    try {
      requireSendable(content)
      await requireReadable(content)
      const { uploadFile } = await import('../../../net/upload.js')
      const onProgress = (progress: number) => this.#change(key, { progress })
      const file = await uploadFile(content, name, { onProgress, signal: cancel.signal })
      const stored = toOutgoing(file, voice)
      if (stored.hasThumbnail) keepLocal(stored.fileId, content)
      this.#change(key, { stored, progress: 1, state: 'stored' })
    } catch (error) {
      this.#change(key, { error, state: isUnreachable(error) ? 'waiting' : 'refused' })
    }
  }

  remove(key: number): void {
    this.#cancels.get(key)?.abort()
    this.#cancels.delete(key)
    const { preview } = this.all.get(key) ?? {}
    if (preview) URL.revokeObjectURL(preview)
    this.all.delete(key)
  }

  clear(): void {
    for (const key of [...this.all.keys()]) this.remove(key)
  }

  /** Shows the files of a draft. */
  restore(files: readonly OutgoingFile[]): void {
    const present = new Set([...this.all.values()].map(({ stored }) => stored?.fileId))
    for (const stored of files.filter(({ fileId }) => !present.has(fileId))) {
      const key = ++this.#lastKey
      const { name, size } = stored
      const rest = { preview: undefined, error: undefined, content: undefined, voice: undefined }
      this.all.set(key, { ...rest, key, name, size, progress: 1, state: 'stored', stored })
    }
  }

  /** What goes with the message; nothing that was refused. */
  outgoing(): { readonly files: OutgoingFile[]; readonly waiting: WaitingFile[] } {
    const going = [...this.all.values()].filter(({ state }) => state !== 'refused')
    return {
      files: going.flatMap(({ stored }) => stored ?? []),
      waiting: going.flatMap(({ stored, name, content, voice }, place) =>
        stored || !content ? [] : [{ localId: newId(), name, place, content, voice }],
      ),
    }
  }

  #change(key: number, part: Partial<Upload>): void {
    const present = this.all.get(key)
    if (present) this.all.set(key, { ...present, ...part })
  }
}
