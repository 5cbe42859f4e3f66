import { defineStore } from 'pinia'
import { i18n } from '../../../i18n/index.js'
import { whenLeaving } from '../../../net/page-life.js'
import { useHiddenMessages } from '../../../stores/hidden-messages.js'
import { tellError } from '../../../ui/feedback/tell-error.js'
import { toast } from '../../../ui/feedback/toasts.js'
import { beforeLeaving } from '../../auth/leaving.js'

/** How long a deletion can be undone: nothing is deleted before. */
const UNDO_MS = 5_000

/** Deletes messages a while later. */
export const useDeleting = defineStore('deleting', () => {
  const hidden = useHiddenMessages().ids
  const waiting = new Set<() => Promise<void>>()
  const deleteAll = () => Promise.all([...waiting].map((deleteNow) => deleteNow()))
  // Whoever closes the page, or signs out, has asked for it before.
  whenLeaving(() => void deleteAll())
  beforeLeaving(deleteAll)

  /** `work` deletes one, unless the person undoes it before. A message that could not be deleted is shown again. */
  function later(messageIds: readonly string[], work: (messageId: string) => Promise<unknown>): void {
    for (const id of messageIds) hidden.add(id)
    const timer = setTimeout(() => void deleteNow(), UNDO_MS)
    const end = (): void => {
      clearTimeout(timer)
      waiting.delete(deleteNow)
      dismiss()
    }
    const attempt = async (id: string): Promise<unknown> => {
      try {
        await work(id)
        return undefined
      } catch (error) {
        hidden.delete(id)
        return error
      }
    }
    /** All at once: the page may be about to close. */
    async function deleteNow(): Promise<void> {
      end()
      const failures = await Promise.all(messageIds.map(attempt))
      const failed = failures.find((error) => error !== undefined)
      if (failed !== undefined) tellError(failed)
    }
    const undo = (): void => {
      end()
      for (const id of messageIds) hidden.delete(id)
    }
    waiting.add(deleteNow)
    const action = { text: i18n.t('chat.undo'), run: undo }
    const n = messageIds.length
    const text = n === 1 ? i18n.t('messageDialogs.willBeDeleted') : i18n.t('selection.deleted', n)
    const dismiss = toast(text, { action, ms: UNDO_MS })
  }

  return { later }
})
