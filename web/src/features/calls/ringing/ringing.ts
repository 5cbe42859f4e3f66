import { type Call, CallState } from '@beseda/proto/call/v1/call_service'
import { RING_SECONDS } from '@beseda/rules'
import { computed, shallowReactive } from 'vue'
import type { Clock } from '../../../time/clock.js'
import { ringsForMs } from '../call-clock.js'
import { ringsFor } from './rings.js'

/** The server ends the ringing itself; this long afterwards it is over without its word, too. */
const MARGIN_MS = 3_000

export interface RingingParts {
  readonly clock: Clock
  readonly me: () => string
  /** Calls by group, as last reported. */
  readonly pictures: ReadonlyMap<string, Call>
  /** Nothing rings for somebody who is in a call. */
  readonly isFree: () => boolean
  /** Nobody has answered in time, and the server has not said so: there is no network. */
  readonly onTimeOver: (call: Call) => void
}

/** The call that rings here: until it is answered or declined, or its time is over. */
export function ringingOf({ clock, me, pictures, isFree, onTimeOver }: RingingParts) {
  /** Calls that must not ring here again, whatever the server reports. */
  const silenced = shallowReactive(new Set<string>())
  const timers = new Map<string, () => void>()

  const ringsHere = (call: Call): boolean => ringsFor(call, me()) && !silenced.has(call.id)
  const ringing = computed(() => (isFree() ? [...pictures.values()].find(ringsHere) : undefined))

  /** A call state has arrived. */
  function hear(call: Call): void {
    if (call.state === CallState.ENDED) silenced.delete(call.id)
    if (!ringsFor(call, me())) {
      timers.get(call.id)?.()
      timers.delete(call.id)
    } else if (!timers.has(call.id)) {
      const wait = ringsForMs(call, RING_SECONDS * 1_000) + MARGIN_MS
      timers.set(
        call.id,
        clock.after(wait, () => timeOver(call)),
      )
    }
  }

  function timeOver(call: Call): void {
    timers.delete(call.id)
    if (silenced.has(call.id)) return
    silenced.add(call.id)
    onTimeOver(call)
  }

  return { ringing, ringsHere, hear, silence: (callId: string): void => void silenced.add(callId) }
}
