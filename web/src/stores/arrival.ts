import { defineStore } from 'pinia'
import { ref, watch } from 'vue'
import { connection } from '../net/index.js'
import { useChat } from './chat.js'

/** How long conversations that come one after another are waited for, so that they are shown at once; on a slow network those that are there. */
const TOGETHER_MS = 1_000

/** Whether the conversations are loaded: until then an empty list means nothing. */
export const useArrival = defineStore('arrival', () => {
  const chat = useChat()
  const arrived = ref(false)
  /** Those that the server has, if it has told; before that, what was kept on this device is shown. */
  let awaited: readonly string[] | undefined
  let timer: ReturnType<typeof setTimeout> | undefined

  function look(): void {
    const isAll = awaited ? awaited.every((id) => chat.conversations.has(id)) : chat.list.length > 0
    if (isAll) arrived.value = true
  }
  connection.on('ready', ({ heads }) => {
    awaited = heads.map(({ groupId }) => groupId)
    clearTimeout(timer)
    timer = setTimeout(() => {
      awaited = undefined
      look()
    }, TOGETHER_MS)
    look()
  })
  watch(() => chat.list.length, look, { immediate: true })
  // Another person may sign in next.
  watch(connection.status, (status) => {
    if (status !== 'idle') return
    clearTimeout(timer)
    awaited = undefined
    arrived.value = false
  })
  return { arrived }
})
