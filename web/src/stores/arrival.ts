import { defineStore } from 'pinia'
import { ref, watch } from 'vue'
import { connection } from '../net/index.js'
import { useChat } from './chat.js'

/** Whether the conversations are loaded: until then an empty list means nothing. */
export const useArrival = defineStore('arrival', () => {
  const chat = useChat()
  const arrived = ref(false)
  connection.on('ready', ({ heads }) => {
    if (heads.length === 0) arrived.value = true
  })
  watch(
    () => chat.list.length > 0,
    (some) => {
      if (some) arrived.value = true
    },
    { immediate: true },
  )
  // Another person may sign in next.
  watch(connection.status, (status) => {
    if (status === 'idle') arrived.value = false
  })
  return { arrived }
})
