import { useStorage } from '@vueuse/core'

/** Volumes of people by user id, in this browser; 1 is the original volume. Kept for later calls. */
export const volumes = useStorage<Record<string, number>>('beseda.volumes', {})

export const volumeOf = (userId: string): number => volumes.value[userId] ?? 1
