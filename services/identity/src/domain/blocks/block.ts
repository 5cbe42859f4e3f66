import type { Decider } from '@beseda/kernel'
import { BlockChangedSchema } from '@beseda/proto/identity/v1/events'
import type { Event } from '@beseda/proto/log/v1/commit'
import { requireRoom } from '@beseda/rules'
import { create } from '@bufbuild/protobuf'

export interface SetBlocked {
  readonly blocked: boolean
  /** How many people the person blocks already. */
  readonly present: number
}

/** Whether one person blocks another. */
export const blockDecider: Decider<boolean, SetBlocked, Event['body']> = {
  initialState: false,

  /** Errors: TOO_MANY. */
  decide({ blocked, present }, isBlocked) {
    if (blocked === isBlocked) return []
    if (blocked) requireRoom('blocked', present)
    return [{ case: 'blockChanged', value: create(BlockChangedSchema, { blocked }) }]
  },

  evolve: (isBlocked, event) => blockAfter(event) ?? isBlocked,
}

/** The one reading of an event: whether the block stands after it; undefined: the event says nothing about it. */
export const blockAfter = (event: Event['body']): boolean | undefined =>
  event.case === 'blockChanged' ? event.value.blocked : undefined
