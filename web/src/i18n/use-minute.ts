import { createSharedComposable, useNow } from '@vueuse/core'

/** The current time, updated every minute: one clock for everything on the screen. */
export const useMinute = createSharedComposable(() => useNow({ interval: 60_000 }))
