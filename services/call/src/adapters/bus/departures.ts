import { fanSubject, parseHistorySubject, sessionEndedSubject } from '@beseda/proto'
import { SessionsEndedSchema } from '@beseda/proto/identity/v1/identity_service'
import { CommitSchema } from '@beseda/proto/log/v1/commit'
import { rosterChanges } from '@beseda/rules'
import { fromBinary } from '@bufbuild/protobuf'
import type { Msg, NatsConnection, Subscription } from '@nats-io/nats-core'
import type { CallUpkeep } from '../../application/call-upkeep.js'

/**
 * Follows who leaves which group, from the copies of commits on the bus, and whose sessions end; one replica gets each. When a copy is
 * lost, the next renewal finds out, because it asks for the membership; when a notice is lost, the lease of the device runs out.
 */
export class Departures {
  readonly #subscriptions: readonly Subscription[]

  constructor(
    nats: NatsConnection,
    private readonly upkeep: Pick<CallUpkeep, 'memberLeft' | 'groupDeleted' | 'sessionsEnded'>,
    private readonly onFailure: (error: unknown) => void,
  ) {
    const follow = (subject: string, handle: (message: Msg) => void) =>
      nats.subscribe(subject, {
        queue: 'call',
        callback: (error, message) => (error ? this.onFailure(error) : handle(message)),
      })
    this.#subscriptions = [
      ...(['group', 'roster'] as const).map((lane) =>
        follow(fanSubject('*', '*', lane), (message) => this.#committed(message)),
      ),
      follow(sessionEndedSubject('*'), (message) => this.#sessionsEnded(message)),
    ]
  }

  onApplicationShutdown(): void {
    for (const subscription of this.#subscriptions) subscription.unsubscribe()
  }

  #committed({ subject, data }: Msg): void {
    const { groupId } = parseHistorySubject(subject) ?? {}
    if (groupId === undefined) return
    for (const { body } of fromBinary(CommitSchema, data).events) {
      if (body.case === 'groupDeleted') this.upkeep.groupDeleted(groupId, Date.now()).catch(this.onFailure)
      for (const { userId, role } of rosterChanges(body)) {
        if (role === undefined) this.upkeep.memberLeft(groupId, userId, Date.now()).catch(this.onFailure)
      }
    }
  }

  #sessionsEnded({ subject, data }: Msg): void {
    const userId = subject.split('.')[2] ?? ''
    const { deviceIds } = fromBinary(SessionsEndedSchema, data)
    this.upkeep.sessionsEnded(userId, deviceIds, Date.now()).catch(this.onFailure)
  }
}
