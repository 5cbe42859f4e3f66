import type { Event } from '@beseda/proto/log/v1/commit'

/** Translates an event of one version into the next one. Pure; must set `version` to the next. */
export type Upcaster = (event: Event) => Event
/** By event case, then by the version that is translated. */
export type Upcasters = Partial<Record<string, Readonly<Record<number, Upcaster>>>>

/**
 * The log is never rewritten, so bodies whose meaning has changed are translated on every read. Empty as long as every body means what
 * it meant at version 1. `golden.spec.ts` reads a log of every released version through it.
 */
export const UPCASTERS: Upcasters = {}

/** The event in the current version of its body. An unknown body is returned as it is; readers skip it. */
export function upcast(event: Event, upcasters: Upcasters = UPCASTERS): Event {
  const steps = event.body.case === undefined ? undefined : upcasters[event.body.case]
  let current = event
  for (let step = steps?.[version(current)]; step; step = steps?.[version(current)]) {
    const before = version(current)
    current = step(current)
    if (version(current) !== before + 1)
      throw new Error(`upcaster of ${event.body.case} ${before} must give ${before + 1}`)
  }
  return current
}

/** 0 on the wire means version 1. */
const version = (event: Event): number => event.version || 1
