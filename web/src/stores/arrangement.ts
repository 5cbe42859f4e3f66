import { newId } from '@beseda/kernel'
import { type ListArrangement, ListPlace } from '@beseda/proto/notify/v1/notify_service'
import { defineStore } from 'pinia'
import { shallowRef } from 'vue'
import { localStore } from '../browser.js'
import { handled } from '../diagnostics/log.js'
import { connection, notify, session } from '../net/index.js'
import { type Arrangement, NOT_ARRANGED } from '../sync/model/arrangement.js'
import { Newest } from '../sync/newest.js'

/** Kept in this browser: the list is painted in its order before the server answers. */
const KEY = 'beseda.arrangement'

interface Kept {
  readonly userId: string
  readonly arrangement: Arrangement
}

function kept(): Arrangement {
  try {
    const { userId, arrangement } = JSON.parse(localStore.getItem(KEY) ?? '{}') as Partial<Kept>
    return userId === session.value?.userId && arrangement ? arrangement : NOT_ARRANGED
  } catch {
    // Written by another version, or by another program: treated as missing.
    return NOT_ARRANGED
  }
}

/** How this person has arranged their conversations, on all devices. */
export const useArrangement = defineStore('arrangement', () => {
  const current = shallowRef(kept())

  function take(arrangement: Arrangement): void {
    current.value = arrangement
    localStore.setItem(KEY, JSON.stringify({ userId: session.value?.userId ?? '', arrangement } satisfies Kept))
  }
  const newest = new Newest(async () => plain((await notify.getListArrangement({})).arrangement), take)
  connection.on('userEvent', ({ event }) => {
    if (event.case === 'listArrangement') newest.changed(plain(event.value))
  })
  // What was changed meanwhile was told to nobody here.
  connection.on('live', () => void newest.load().catch(handled('arrangement')))

  /** `sectionId`: of ListPlace.SECTION. */
  const place = (groupId: string, where: ListPlace, sectionId = '') =>
    newest.command(
      () => notify.placeConversation({ commandId: newId(), groupId, place: where, sectionId }),
      ({ arrangement }) => plain(arrangement),
    )
  const setSections = (sections: readonly { readonly id: string; readonly name: string }[]) =>
    newest.command(
      () => notify.setListSections({ commandId: newId(), sections: sections.map(({ id, name }) => ({ id, name })) }),
      ({ arrangement }) => plain(arrangement),
    )

  /** Makes a section, and puts a conversation into it. */
  async function placeInNew(groupId: string, name: string): Promise<void> {
    const id = newId()
    await setSections([...current.value.sections, { id, name }])
    await place(groupId, ListPlace.SECTION, id)
  }

  function forget(): void {
    localStore.removeItem(KEY)
    current.value = NOT_ARRANGED
  }

  return { current, load: () => newest.load(), place, setSections, placeInNew, forget }
})

const plain = ({ sections = [], favouriteIds = [], archivedIds = [] }: Partial<ListArrangement> = {}): Arrangement => ({
  sections: sections.map(({ id, name, groupIds }) => ({ id, name, groupIds })),
  favouriteIds,
  archivedIds,
})
