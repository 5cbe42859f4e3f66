import { createSharedComposable, useNow } from '@vueuse/core'

/** What time it is, for what is told to the minute: one clock for everything on the screen. */
export const useMinute = createSharedComposable(() => useNow({ interval: 60_000 }))
