import { useStorage } from '@vueuse/core'
import { defineStore } from 'pinia'
import { computed, ref } from 'vue'
import { useRoute } from 'vue-router'
import { useArrangement } from '../../../stores/arrangement.js'
import { useChat } from '../../../stores/chat.js'
import { type Filter, partsOf } from './list-parts.js'

/** The list of conversations as this window shows it. The filter begins anew with each visit; what is folded is of the device. */
export const useList = defineStore('list', () => {
  const chat = useChat()
  const arrangement = useArrangement()
  const route = useRoute()
  const filter = ref<Filter>('all')
  const folded = useStorage<readonly string[]>('beseda.list.folded', ['archive'])
  const openId = computed(() => (route.params.groupId === undefined ? undefined : String(route.params.groupId)))
  const parts = computed(() => partsOf(chat.list, arrangement.current, filter.value, openId.value))
  const isFolded = (key: string): boolean => folded.value.includes(key)
  /** The rows that are shown, in order: arrows and keys go through them. */
  const order = computed(() => parts.value.flatMap(({ key, rows }) => (isFolded(key) ? [] : rows)))

  function fold(key: string): void {
    folded.value = isFolded(key) ? folded.value.filter((one) => one !== key) : [...folded.value, key]
  }
  return { filter, parts, order, isFolded, fold }
})
