import type { Decider } from '@beseda/kernel'
import { AdministratorAppointedSchema, AdministratorDismissedSchema } from '@beseda/proto/identity/v1/events'
import type { Event } from '@beseda/proto/log/v1/commit'
import { create } from '@bufbuild/protobuf'

export interface Appoint {
  readonly administrator: boolean
  /** Whether the account is an administrator now, by whatever rule. */
  readonly present: boolean
}

/** Whether an account was appointed (true) or dismissed (false); undefined: neither. */
export type Appointment = boolean | undefined

export const appointmentDecider: Decider<Appointment, Appoint, Event['body']> = {
  initialState: undefined,

  decide({ administrator, present }) {
    if (administrator === present) return []
    return administrator
      ? [{ case: 'administratorAppointed', value: create(AdministratorAppointedSchema) }]
      : [{ case: 'administratorDismissed', value: create(AdministratorDismissedSchema) }]
  },

  evolve: (appointment, event) => appointmentAfter(event) ?? appointment,
}

/** The one reading of an event: the appointment after it; undefined: the event says nothing about it. */
export function appointmentAfter(event: Event['body']): boolean | undefined {
  if (event.case === 'administratorAppointed') return true
  if (event.case === 'administratorDismissed') return false
  return undefined
}
