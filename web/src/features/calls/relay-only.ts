import { useStorage } from '@vueuse/core'

/** The person's setting for calls from this browser: through the relay only, so that the other side learns no address. */
export const relayOnly = useStorage('beseda.relay-only', false)
