import { fanSubject, parseHistorySubject } from '@beseda/proto'
import { CommitSchema } from '@beseda/proto/log/v1/commit'
import { rosterChanges } from '@beseda/rules'
import { fromBinary } from '@bufbuild/protobuf'
import type { Msg, NatsConnection } from '@nats-io/nats-core'

/** What the end of a membership or of a group does to its call. */
export interface Departures {
  left(groupId: string, userId: string): Promise<void>
  closed(groupId: string): Promise<void>
}

/**
 * Hears of everybody who leaves a group, from the stream's copies on the bus; one replica hears each. A copy that gets lost
 * is made good by the next renewal, which asks for the membership anyway. Returns what stops it.
 */
export function hearDepartures(nats: NatsConnection, departures: Departures, onFailure: (error: unknown) => void) {
  const callback = (_: Error | null, { subject, data }: Msg) => {
    const place = parseHistorySubject(subject)
    if (!place) return
    for (const { body } of fromBinary(CommitSchema, data).events) {
      if (body.case === 'groupDeleted') departures.closed(place.groupId).catch(onFailure)
      for (const { userId, role } of rosterChanges(body)) {
        if (role === undefined) departures.left(place.groupId, userId).catch(onFailure)
      }
    }
  }
  const subscriptions = (['group', 'roster'] as const).map((lane) =>
    nats.subscribe(fanSubject('*', '*', lane), { queue: 'call', callback }),
  )
  return () => {
    for (const subscription of subscriptions) subscription.unsubscribe()
  }
}
