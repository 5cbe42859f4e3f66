import { onScopeDispose, shallowRef, watch } from 'vue'
import { handled } from '../../../diagnostics/log.js'
import type { ActiveCall } from '../active-call.js'
import type { CallCaptions } from './call-captions.js'

interface Code {
  readonly CallCaptions: new (active: ActiveCall) => CallCaptions
}

/** The captions of a call, fetched when somebody in it asks for them. */
export function useCaptions(active: ActiveCall, load: () => Promise<Code> = () => import('./call-captions.js')) {
  const captions = shallowRef<CallCaptions>()
  let fetching: Promise<CallCaptions | undefined> | undefined
  let isOver = false
  const fetched = () => {
    fetching ??= begin()
    return fetching
  }
  const begin = async () => {
    try {
      const code = await load()
      if (!isOver) captions.value = new code.CallCaptions(active)
      return captions.value
    } catch (error) {
      // Whatever comes next tries again.
      fetching = undefined
      throw error
    }
  }
  watch(active.asides.early, (early) => early > 0 && void fetched().catch(handled('calls.captions')), {
    immediate: true,
  })
  onScopeDispose(() => {
    isOver = true
    captions.value?.close()
  })

  /** The person here wants to read what is said, or no longer. */
  async function toggle(): Promise<void> {
    const exchange = (await fetched().catch(handled('calls.captions')))?.exchange
    exchange?.setWants(!exchange.snapshot.value.own.wants)
  }
  return { captions, toggle }
}
