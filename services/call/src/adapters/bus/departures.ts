import { fanSubject, parseHistorySubject } from '@beseda/proto'
import { CommitSchema } from '@beseda/proto/log/v1/commit'
import { rosterChanges } from '@beseda/rules'
import { fromBinary } from '@bufbuild/protobuf'
import type { Msg, NatsConnection, Subscription } from '@nats-io/nats-core'
import type { CallUpkeep } from '../../application/call-upkeep.js'

/**
 * Follows who leaves which group, from the copies of commits on the bus; one replica gets each. When a copy is lost, the next renewal
 * finds out, because it asks for the membership.
 */
export class Departures {
  readonly #subscriptions: readonly Subscription[]

  constructor(
    nats: NatsConnection,
    private readonly upkeep: Pick<CallUpkeep, 'memberLeft' | 'groupDeleted'>,
    private readonly onFailure: (error: unknown) => void,
  ) {
    const callback = (error: Error | null, message: Msg) => {
      if (error) this.onFailure(error)
      else this.#handle(message)
    }
    this.#subscriptions = (['group', 'roster'] as const).map((lane) =>
      nats.subscribe(fanSubject('*', '*', lane), { queue: 'call', callback }),
    )
  }

  onApplicationShutdown(): void {
    for (const subscription of this.#subscriptions) subscription.unsubscribe()
  }

  #handle({ subject, data }: Msg): void {
    const { groupId } = parseHistorySubject(subject) ?? {}
    if (groupId === undefined) return
    for (const { body } of fromBinary(CommitSchema, data).events) {
      if (body.case === 'groupDeleted') this.upkeep.groupDeleted(groupId, Date.now()).catch(this.onFailure)
      for (const { userId, role } of rosterChanges(body)) {
        if (role === undefined) this.upkeep.memberLeft(groupId, userId, Date.now()).catch(this.onFailure)
      }
    }
  }
}
