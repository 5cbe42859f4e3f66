import { defineStore } from 'pinia'
import { ref } from 'vue'

export type DialogName =
  | 'palette'
  | 'help'
  | 'settings'
  | 'newGroup'
  | 'newDirect'
  | 'discover'
  | 'inbox'
  | 'threads'
  | 'schedule'

/** The open dialog of the shell: one at a time, opened from buttons, menus, keys and the palette. */
export const useDialogs = defineStore('dialogs', () => {
  const current = ref<DialogName>()
  function open(name: DialogName): void {
    current.value = name
  }
  function close(name: DialogName): void {
    if (current.value === name) current.value = undefined
  }
  return { current, open, close }
})
