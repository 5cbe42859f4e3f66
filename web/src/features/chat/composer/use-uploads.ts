import { computed, onScopeDispose, ref } from 'vue'
import { beforeLeaving } from '../../auth/leaving.js'
import { Uploads } from './uploads.js'

/** Files that are being added in each line: a group's main line, or a thread. They go on while another conversation is open. */
const lines = new Map<string, Uploads>()

/** The person signs out: nothing of theirs stays in the memory of this page. */
export function forgetUploads(): void {
  for (const uploads of lines.values()) uploads.clear()
  lines.clear()
}

beforeLeaving((asked) => {
  if (asked) forgetUploads()
})

/** As in PostMessageRequest. */
export const MAX_FILES = 10

/** The files of a line, also while its conversation is not open. */
export function uploadsOf(groupId: string, threadId: string): Uploads {
  const key = `${groupId} ${threadId}`
  const uploads = lines.get(key) ?? new Uploads()
  lines.set(key, uploads)
  return uploads
}

/** Files of a message that is being written: uploaded at once, so that they are stored when the message is sent. */
export function useUploads(groupId: string, threadId: string) {
  const uploads = uploadsOf(groupId, threadId)
  /** How many of the last chosen files were over the limit. */
  const leftOut = ref(0)
  onScopeDispose(() => {
    if (uploads.all.size === 0) lines.delete(`${groupId} ${threadId}`)
  })

  function addAll(files: Iterable<File>): void {
    const chosen = [...files]
    const room = Math.max(0, MAX_FILES - uploads.all.size)
    leftOut.value = Math.max(0, chosen.length - room)
    for (const file of chosen.slice(0, room)) void uploads.add(file, file.name)
  }

  function remove(upload: number): void {
    leftOut.value = 0
    uploads.remove(upload)
  }

  function clear(): void {
    leftOut.value = 0
    uploads.clear()
  }

  return {
    uploads: uploads.all,
    leftOut,
    stored: computed(() => [...uploads.all.values()].flatMap(({ stored }) => stored ?? [])),
    /** A file was refused, and waits to be removed. The message would go without it. */
    refused: computed(() => [...uploads.all.values()].some(({ state }) => state === 'refused')),
    /** There is something to send. */
    any: computed(() => [...uploads.all.values()].some(({ state }) => state !== 'refused')),
    /** Stored files, and those that are uploaded after the message was sent: with their places among all. */
    outgoing: () => uploads.outgoing(),
    add: uploads.add.bind(uploads),
    addAll,
    remove,
    restore: uploads.restore.bind(uploads),
    clear,
  }
}
