import { newId } from '@beseda/kernel'
import { defineStore } from 'pinia'
import { shallowRef } from 'vue'
import { identity } from '../net/index.js'

/** People that this person has blocked. */
export const useBlocks = defineStore('blocks', () => {
  const blocked = shallowRef<ReadonlySet<string>>(new Set())

  async function load(): Promise<void> {
    blocked.value = new Set((await identity.listBlocked({})).userIds)
  }

  async function set(userId: string, wanted: boolean): Promise<void> {
    await identity.setBlocked({ commandId: newId(), userId, blocked: wanted })
    const after = new Set(blocked.value)
    if (wanted) after.add(userId)
    else after.delete(userId)
    blocked.value = after
  }

  return { blocked, load, set }
})
