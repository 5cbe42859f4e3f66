import type { Decider } from '@beseda/kernel'
import { AdministratorAppointedSchema, AdministratorDismissedSchema } from '@beseda/proto/identity/v1/events'
import type { Event } from '@beseda/proto/log/v1/commit'
import { create } from '@bufbuild/protobuf'

export interface Appoint {
  readonly administrator: boolean
  /** Whether the account is an administrator now, by whatever rule. */
  readonly present: boolean
  /** The provider whose groups say so; empty: a person or an operator. */
  readonly providerId?: string
}

/** An appointment or dismissal; undefined: there was neither. */
export type Appointment = { readonly appointed: boolean; readonly providerId: string } | undefined

export const appointmentDecider: Decider<Appointment, Appoint, Event['body']> = {
  initialState: undefined,

  decide({ administrator, present, providerId = '' }) {
    if (administrator === present) return []
    return administrator
      ? [{ case: 'administratorAppointed', value: create(AdministratorAppointedSchema, { providerId }) }]
      : [{ case: 'administratorDismissed', value: create(AdministratorDismissedSchema) }]
  },

  evolve: (appointment, event) => appointmentAfter(event) ?? appointment,
}

/** The one reading of an event: the appointment after it; undefined: the event says nothing about it. */
export function appointmentAfter(event: Event['body']): Appointment {
  if (event.case === 'administratorAppointed') return { appointed: true, providerId: event.value.providerId }
  if (event.case === 'administratorDismissed') return { appointed: false, providerId: '' }
  return undefined
}

/** Whether the account counts as appointed. What a provider gave holds while the account is linked to it (`providers`). */
export function countsAsAppointed(appointment: Appointment, providers: () => readonly string[]): boolean | undefined {
  if (!appointment) return undefined
  const { appointed, providerId } = appointment
  return appointed && (providerId === '' || providers().includes(providerId))
}
