import type { Event } from '@beseda/proto/log/v1/commit'

/** Lifts an event of one version to the next one. Pure; must set `version` to the next. */
export type Upcaster = (event: Event) => Event
/** By event case, then by the version that is lifted. */
export type Upcasters = Partial<Record<string, Readonly<Record<number, Upcaster>>>>

/**
 * The log is never rewritten, so meanings that change are lifted here, on every read. Empty as long as every body still
 * means what it meant at version 1; `golden.spec.ts` reads a log of every released version through it.
 */
export const UPCASTERS: Upcasters = {}

/** The event at the present version of its body. An unknown body passes as it is: its reader skips it. */
export function upcast(event: Event, upcasters: Upcasters = UPCASTERS): Event {
  const steps = event.body.case === undefined ? undefined : upcasters[event.body.case]
  let lifted = event
  for (let step = steps?.[version(lifted)]; step; step = steps?.[version(lifted)]) {
    const before = version(lifted)
    lifted = step(lifted)
    if (version(lifted) !== before + 1)
      throw new Error(`upcaster of ${event.body.case} ${before} must give ${before + 1}`)
  }
  return lifted
}

/** 0 on the wire is version 1. */
const version = (event: Event): number => event.version || 1
