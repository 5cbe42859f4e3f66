import { useStorage } from '@vueuse/core'

/** How loud people are, by user id, in this browser; 1 as sent. A person stays as loud in the next call. */
export const volumes = useStorage<Record<string, number>>('beseda.volumes', {})

export const volumeOf = (userId: string): number => volumes.value[userId] ?? 1
