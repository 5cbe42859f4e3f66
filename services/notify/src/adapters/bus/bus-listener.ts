import { type CommitCopy, decodeCommit, type FanOut, type StoredCommit } from '@beseda/event-log'
import { partitionOf } from '@beseda/kernel'
import type { PlatformConfig } from '@beseda/platform'
import { callSubject, historyStream, historySubject, sessionEndedSubject, userSubject } from '@beseda/proto'
import { type Call, CallChangedSchema } from '@beseda/proto/call/v1/call_service'
import { type UserEvent, UserEventSchema } from '@beseda/proto/gateway/v1/frames'
import { SessionsEndedSchema } from '@beseda/proto/identity/v1/identity_service'
import { fromBinary } from '@bufbuild/protobuf'
import type { Msg, NatsConnection } from '@nats-io/nats-core'

/** Each message on the bus goes to one replica. */
const QUEUE = 'notify'

/** What the bus brings. */
export abstract class BusHandlers {
  abstract posted(groupId: string, commit: StoredCommit): Promise<void>
  abstract callChanged(call: Call): Promise<void>
  abstract userEvent(userId: string, event: UserEvent['event']): Promise<void>
  abstract sessionsEnded(userId: string, sessionIds: readonly string[]): Promise<void>
  abstract failed(error: unknown): void
}

/** Listens to what is published from `start` on. What was published while no replica listened is not pushed late. */
export class BusListener {
  readonly #subscriptions: { unsubscribe(): void }[] = []

  constructor(
    private readonly nats: NatsConnection,
    private readonly fanOut: FanOut,
    private readonly config: Pick<PlatformConfig, 'partitions' | 'partitionCount'>,
    private readonly handlers: BusHandlers,
  ) {}

  start(): void {
    this.#listenToMessages()
    this.#listenToCalls()
    this.#listen(userSubject('*'), ({ subject, data }) =>
      this.handlers.userEvent(subject.split('.')[1] ?? '', fromBinary(UserEventSchema, data).event),
    )
    this.#listen(sessionEndedSubject('*'), ({ subject, data }) =>
      this.handlers.sessionsEnded(subject.split('.')[2] ?? '', fromBinary(SessionsEndedSchema, data).sessionIds),
    )
  }

  onApplicationShutdown(): void {
    for (const subscription of this.#subscriptions) subscription.unsubscribe()
  }

  #listenToMessages(): void {
    const { partitions } = this.config
    const posted = ({ partition, groupId, lane, seq, bytes }: CommitCopy) =>
      this.#handled(() => {
        const subject = historySubject(partition, groupId, lane)
        return this.handlers.posted(groupId, decodeCommit(historyStream(partition), subject, seq, bytes))
      })
    const options = { queue: QUEUE, onFailure: (error: unknown) => this.handlers.failed(error) }
    for (const partition of partitions === 'all' ? [undefined] : partitions) {
      this.#subscriptions.push(this.fanOut.follow({ partition, lane: 'messages' }, posted, options))
    }
  }

  /**
   * The subject of a call names no partition, but only a replica that serves the group's partition knows the group. So each partition has
   * a queue of its own, of the replicas that serve it: a call reaches one replica of each queue, and the one of its partition handles it.
   * Subjects by partition would cost the bus less, but calls are few, and gateways of an older version would not get them.
   */
  #listenToCalls(): void {
    const { partitions, partitionCount } = this.config
    const all = Array.from({ length: partitionCount }, (_, partition) => partition)
    for (const partition of partitions === 'all' ? all : partitions) {
      const handle = ({ subject, data }: Msg) => {
        if (partitionOf(subject.slice(callSubject('').length), partitionCount) !== partition) return undefined
        const { call } = fromBinary(CallChangedSchema, data)
        return call && this.handlers.callChanged(call)
      }
      this.#listen(callSubject('*'), handle, `${QUEUE}-${partition}`)
    }
  }

  #listen(subject: string, handle: (message: Msg) => Promise<void> | void, queue = QUEUE): void {
    const callback = (error: Error | null, message: Msg) => {
      if (error) this.handlers.failed(error)
      else this.#handled(() => handle(message))
    }
    this.#subscriptions.push(this.nats.subscribe(subject, { queue, callback }))
  }

  #handled(work: () => Promise<void> | void): void {
    Promise.resolve()
      .then(work)
      .catch((failure: unknown) => this.handlers.failed(failure))
  }
}
