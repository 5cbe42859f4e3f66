import { useStorage } from '@vueuse/core'

/** A setting of this device. */
export const showPreviews = useStorage('beseda.linkPreviews', true)
