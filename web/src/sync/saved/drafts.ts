import { isEmptyDraft, type StoredDraft } from '../model/draft.js'
import { openDatabase } from './database.js'

/** Unsent text, by person. */
export const draftStorage = {
  async of(userId: string): Promise<StoredDraft[]> {
    return (await openDatabase()).getAll('drafts', IDBKeyRange.bound(`${userId} `, `${userId} \uffff`))
  },
  async put(draft: StoredDraft): Promise<void> {
    const db = await openDatabase()
    if (isEmptyDraft(draft)) await db.delete('drafts', draft.key)
    else await db.put('drafts', draft)
  },
}
