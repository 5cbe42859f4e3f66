import { isEmptyDraft, type StoredDraft } from '../model/draft.js'
import { read, write } from './database.js'

const STORES = ['drafts'] as const

export const draftsOf = (userId: string): IDBKeyRange => IDBKeyRange.bound(`${userId} `, `${userId} \uffff`)

/** Unsent text, by person. */
export const draftStorage = {
  of: (userId: string): Promise<StoredDraft[]> =>
    read(STORES, (reading) => reading.objectStore('drafts').getAll(draftsOf(userId))),
  put: (draft: StoredDraft): Promise<void> =>
    write(STORES, (writing) => {
      const drafts = writing.objectStore('drafts')
      return [isEmptyDraft(draft) ? drafts.delete(draft.key) : drafts.put(draft)]
    }),
}
