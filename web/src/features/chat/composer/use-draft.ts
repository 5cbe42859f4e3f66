import { type Ref, watch } from 'vue'
import { useDrafts } from '../../../stores/drafts.js'
import type { useMentions } from './use-mentions.js'
import type { useUploads } from './use-uploads.js'

interface DraftParts {
  readonly input: Ref<string>
  readonly chosen: ReturnType<typeof useMentions>['chosen']
  readonly files: ReturnType<typeof useUploads>
  /** A message is being edited, so its text is not a draft. */
  readonly editing: () => boolean
}

/** Saves the draft of a composer, and shows the draft that another window of this browser has saved. */
export function useDraft(groupId: string, threadId: string, { input, chosen, files, editing }: DraftParts): void {
  const drafts = useDrafts()

  watch(
    () => drafts.of(groupId, threadId),
    (draft) => {
      if (editing()) return
      for (const [name, target] of draft.mentions) chosen.set(name, target)
      if (draft.text !== input.value) input.value = draft.text
      files.restore(draft.files)
    },
    { immediate: true },
  )
  watch([input, files.stored], ([text, stored]) => {
    if (editing()) return
    const mentions = [...chosen].filter(([name]) => text.includes(`@${name}`))
    const before = drafts.of(groupId, threadId)
    if (text !== before.text || stored.length !== before.files.length)
      drafts.keep(groupId, threadId, { text, mentions, files: stored })
  })
}
