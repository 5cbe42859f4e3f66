import { onScopeDispose, shallowRef, watch } from 'vue'
import { handled } from '../../../diagnostics/log.js'
import type { ActiveCall } from '../active-call.js'
import type { CallCaptions } from './call-captions.js'

/** The captions of a call, fetched when somebody in it asks for them. */
export function useCaptions(active: ActiveCall) {
  const captions = shallowRef<CallCaptions>()
  let fetching: Promise<CallCaptions | undefined> | undefined
  let isOver = false
  const fetched = () => {
    fetching ??= import('./call-captions.js').then((code) => {
      if (!isOver) captions.value = new code.CallCaptions(active)
      return captions.value
    })
    return fetching
  }
  watch(active.asides.heard, (heard) => heard && void fetched().catch(handled('calls.captions')), { immediate: true })
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
