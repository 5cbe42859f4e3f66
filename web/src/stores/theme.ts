import { usePreferredContrast, usePreferredDark, useStorage } from '@vueuse/core'
import { defineStore } from 'pinia'
import { computed, watchEffect } from 'vue'

export const THEMES = ['system', 'light', 'dark', 'contrast'] as const
export type Theme = (typeof THEMES)[number]
export const DENSITIES = ['cosy', 'compact'] as const
export type Density = (typeof DENSITIES)[number]

/**
 * The theme of the client: the person's choice, or the system's. High contrast follows the system's light or dark setting.
 * `public/theme.js` sets the same attributes before the first paint.
 */
export const useTheme = defineStore('theme', () => {
  const choice = useStorage<Theme>('beseda.theme', 'system')
  const density = useStorage<Density>('beseda.density', 'cosy')
  const prefersDark = usePreferredDark()
  const prefersContrast = usePreferredContrast()
  const shown = computed(() => {
    if (choice.value === 'light' || choice.value === 'dark') return choice.value
    return prefersDark.value ? 'dark' : 'light'
  })
  const contrast = computed(
    () => choice.value === 'contrast' || (choice.value === 'system' && prefersContrast.value === 'more'),
  )
  watchEffect(() => {
    const { dataset } = document.documentElement
    dataset.theme = shown.value
    dataset.density = density.value
    if (contrast.value) dataset.contrast = 'more'
    else delete dataset.contrast
  })
  return { choice, density, shown, contrast }
})
