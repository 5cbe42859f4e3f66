import type { CommitCopy, FanOut } from '@beseda/event-log'
import { sessionEndedSubject } from '@beseda/proto'
import { SessionsEndedSchema } from '@beseda/proto/identity/v1/identity_service'
import { CommitSchema } from '@beseda/proto/log/v1/commit'
import type { MemberMuted } from '@beseda/proto/membership/v1/events'
import { rosterChanges } from '@beseda/rules'
import { fromBinary } from '@bufbuild/protobuf'
import { timestampMs } from '@bufbuild/protobuf/wkt'
import type { Msg, NatsConnection } from '@nats-io/nats-core'
import type { CallUpkeep } from '../../application/call-upkeep.js'
import type { Clock } from '../../application/ports.js'

/** One replica gets each. */
const QUEUE = 'call'

/**
 * Follows who leaves which group or is muted there, from the copies of commits on the bus, and whose sessions end; one replica gets each. When a copy is
 * lost, the next renewal finds out, because it asks for the membership; when a notice is lost, the lease of the device runs out.
 */
export class Departures {
  readonly #subscriptions: readonly { unsubscribe(): void }[]

  constructor(
    nats: NatsConnection,
    fanOut: FanOut,
    private readonly clock: Clock,
    private readonly upkeep: Pick<CallUpkeep, 'memberLeft' | 'memberMuted' | 'groupDeleted' | 'sessionsEnded'>,
    private readonly onFailure: (error: unknown) => void,
  ) {
    this.#subscriptions = [
      ...(['group', 'roster'] as const).map((lane) =>
        fanOut.follow({ lane }, (copy) => this.#committed(copy), { queue: QUEUE, onFailure }),
      ),
      nats.subscribe(sessionEndedSubject('*'), {
        queue: QUEUE,
        callback: (error, message) => (error ? onFailure(error) : this.#sessionsEnded(message)),
      }),
    ]
  }

  onApplicationShutdown(): void {
    for (const subscription of this.#subscriptions) subscription.unsubscribe()
  }

  #committed({ groupId, bytes }: CommitCopy): void {
    for (const { body } of fromBinary(CommitSchema, bytes).events) {
      if (body.case === 'groupDeleted') this.upkeep.groupDeleted(groupId, this.clock.now()).catch(this.onFailure)
      if (body.case === 'memberMuted') this.#muted(groupId, body.value)
      for (const { userId, role } of rosterChanges(body)) {
        if (role === undefined) this.upkeep.memberLeft(groupId, userId, this.clock.now()).catch(this.onFailure)
      }
    }
  }

  /** A mute without an end, or whose end is past, is taken off. */
  #muted(groupId: string, { userId, until }: MemberMuted): void {
    const now = this.clock.now()
    if (until && timestampMs(until) > now) this.upkeep.memberMuted(groupId, userId, now).catch(this.onFailure)
  }

  #sessionsEnded({ subject, data }: Msg): void {
    const userId = subject.split('.')[2] ?? ''
    const { deviceIds } = fromBinary(SessionsEndedSchema, data)
    this.upkeep.sessionsEnded(userId, deviceIds, this.clock.now()).catch(this.onFailure)
  }
}
