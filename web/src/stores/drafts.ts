import { defineStore } from 'pinia'
import { shallowReactive } from 'vue'
import { openChannel } from '../browser.js'
import { handled } from '../diagnostics/log.js'
import { whenLeaving } from '../net/page-life.js'
import { type DraftText, isEmptyDraft, NO_DRAFT, type StoredDraft } from '../sync/model/draft.js'
import { draftStorage } from '../sync/saved/drafts.js'

/** Delay between the last key and the write: a crash loses less than a word. */
const WRITE_AFTER_MS = 250

/** Unsent text of each line: a group's main line, or a thread. The same in every window of the browser. */
export const useDrafts = defineStore('drafts', () => {
  const drafts = shallowReactive(new Map<string, DraftText>())
  const changedAt = new Map<string, number>()
  const writing = new Map<string, ReturnType<typeof setTimeout>>()
  let userId = ''
  let channel: ReturnType<typeof openChannel> | undefined
  const keyOf = (groupId: string, threadId: string) => `${userId} ${groupId} ${threadId}`

  function take(key: string, draft: DraftText): void {
    if (isEmptyDraft(draft)) drafts.delete(key)
    else drafts.set(key, draft)
  }

  async function start(me: string): Promise<void> {
    userId = me
    channel?.close()
    channel = openChannel(`beseda.drafts.${me}`)
    channel.onmessage = ({ data: { key, at, ...draft } }: MessageEvent<StoredDraft>) => {
      // A draft that is being typed here is not replaced by an older one from another window.
      if (at < (changedAt.get(key) ?? 0)) return
      changedAt.set(key, at)
      take(key, draft)
    }
    for (const { key, at, ...draft } of await draftStorage.of(me)) {
      // Written, or emptied, since it was read from the storage.
      if (userId !== me || changedAt.has(key)) continue
      changedAt.set(key, at)
      take(key, draft)
    }
  }

  function stop(): void {
    for (const key of writing.keys()) write(key)
    channel?.close()
    channel = undefined
    drafts.clear()
    changedAt.clear()
    userId = ''
  }

  function write(key: string): void {
    clearTimeout(writing.get(key))
    writing.delete(key)
    const stored: StoredDraft = { key, at: changedAt.get(key) ?? 0, ...(drafts.get(key) ?? NO_DRAFT) }
    channel?.postMessage(stored)
    void draftStorage.put(stored).catch(handled('storage.drafts', 'STORAGE_FAILED'))
  }

  function keep(groupId: string, threadId: string, draft: DraftText): void {
    const key = keyOf(groupId, threadId)
    changedAt.set(key, Date.now())
    take(key, draft)
    clearTimeout(writing.get(key))
    writing.set(
      key,
      setTimeout(() => write(key), WRITE_AFTER_MS),
    )
  }

  whenLeaving(() => {
    for (const key of writing.keys()) write(key)
  })

  const of = (groupId: string, threadId: string): DraftText => drafts.get(keyOf(groupId, threadId)) ?? NO_DRAFT
  return { start, stop, of, keep }
})
