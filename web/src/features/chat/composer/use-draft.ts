import { type Ref, watch } from 'vue'
import { useDrafts } from '../../../stores/drafts.js'
import type { DraftMention } from '../../../sync/model/draft.js'
import type { PlacedMention } from './mentions/mention-places.js'
import type { useMentions } from './mentions/use-mentions.js'
import type { useUploads } from './use-uploads.js'

interface DraftParts {
  readonly input: Ref<string>
  readonly mentions: Pick<ReturnType<typeof useMentions>, 'placed' | 'show'>
  readonly files: ReturnType<typeof useUploads>
  /** A message is being edited, so its text is not a draft. */
  readonly editing: () => boolean
}

/** Saves the draft of a composer, and shows the draft that another window of this browser has saved. */
export function useDraft(groupId: string, threadId: string, { input, mentions, files, editing }: DraftParts) {
  const drafts = useDrafts()

  /** Shows what is saved. */
  function show(): void {
    const { text, mentions: saved } = drafts.of(groupId, threadId)
    mentions.show(text, placesOf(text, saved))
  }

  watch(
    () => drafts.of(groupId, threadId),
    (draft) => {
      if (editing()) return
      if (draft.text !== input.value) show()
      files.restore(draft.files)
    },
    { immediate: true },
  )
  watch([input, mentions.placed, files.stored], ([text, placed, stored]) => {
    if (editing()) return
    const saved = placed.map(({ name, target, start }) => [name, target, start] as const)
    const before = drafts.of(groupId, threadId)
    if (text !== before.text || stored.length !== before.files.length || saved.length !== before.mentions.length)
      drafts.keep(groupId, threadId, { text, mentions: saved, files: stored })
  })
  return { show }
}

/** Drafts of earlier releases have no places: each name stands where it is first found. */
function placesOf(text: string, mentions: readonly DraftMention[]): PlacedMention[] {
  return mentions.flatMap(([name, target, place]) => {
    const start = place ?? text.indexOf(`@${name}`)
    return text.startsWith(`@${name}`, start) && start >= 0 ? [{ name, target, start }] : []
  })
}
