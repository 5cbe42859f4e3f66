import { newId } from '@beseda/kernel'
import { defineStore } from 'pinia'
import { shallowRef } from 'vue'
import { localStore } from '../browser.js'
import { connection, identity, session } from '../net/index.js'
import { Newest } from '../sync/newest.js'

/** Kept in this browser: the saved history is shown before the server answers, and must not show what they said. */
const KEY = 'beseda.blocked'

interface Kept {
  readonly userId: string
  readonly blocked: readonly string[]
}

function kept(): ReadonlySet<string> {
  try {
    const { userId, blocked } = JSON.parse(localStore.getItem(KEY) ?? '{}') as Partial<Kept>
    return new Set(userId === session.value?.userId ? blocked : [])
  } catch {
    // Written by another version, or by another program: treated as missing.
    return new Set()
  }
}

/** People that this person has blocked. */
export const useBlocks = defineStore('blocks', () => {
  const blocked = shallowRef(kept())

  /** The same people are the same set: whatever follows from a change does not follow from a look. */
  function take(userIds: readonly string[]): void {
    const same = userIds.length === blocked.value.size && userIds.every((id) => blocked.value.has(id))
    if (same) return
    blocked.value = new Set(userIds)
    localStore.setItem(KEY, JSON.stringify({ userId: session.value?.userId ?? '', blocked: userIds } satisfies Kept))
  }
  const newest = new Newest(async () => (await identity.listBlocked({})).userIds as readonly string[], take)
  // Blocked in another window.
  window.addEventListener('storage', ({ key }) => {
    if (key === KEY) newest.changed([...kept()])
  })
  function change(userId: string, wanted: boolean): void {
    const others = [...blocked.value].filter((id) => id !== userId)
    newest.changed(wanted ? [...others, userId] : others)
  }
  // Blocked on another device, or unblocked there.
  connection.on('userEvent', ({ event }) => {
    if (event.case === 'block') change(event.value.userId, event.value.blocked)
  })

  async function set(userId: string, wanted: boolean): Promise<void> {
    await identity.setBlocked({ commandId: newId(), userId, blocked: wanted })
    change(userId, wanted)
  }

  function forget(): void {
    localStore.removeItem(KEY)
  }

  return { blocked, load: () => newest.load(), set, forget }
})
