import { usePreferredDark, useStorage } from '@vueuse/core'
import { defineStore } from 'pinia'
import { computed, watchEffect } from 'vue'

export const THEMES = ['system', 'light', 'dark'] as const
export type Theme = (typeof THEMES)[number]

/** Light or dark, as chosen or as the system says. */
export const useTheme = defineStore('theme', () => {
  const choice = useStorage<Theme>('beseda.theme', 'system')
  const prefersDark = usePreferredDark()
  const shown = computed(() => (choice.value === 'system' ? (prefersDark.value ? 'dark' : 'light') : choice.value))
  watchEffect(() => {
    document.documentElement.dataset.theme = shown.value
  })
  return { choice, shown }
})
