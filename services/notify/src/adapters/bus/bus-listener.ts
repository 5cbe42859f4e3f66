import { decodeCommit, type StoredCommit } from '@beseda/event-log'
import { partitionOf } from '@beseda/kernel'
import type { PlatformConfig } from '@beseda/platform'
import {
  callSubject,
  fanSubject,
  historyStream,
  parseHistorySubject,
  sessionEndedSubject,
  userSubject,
} from '@beseda/proto'
import { type Call, CallChangedSchema } from '@beseda/proto/call/v1/call_service'
import { type UserEvent, UserEventSchema } from '@beseda/proto/gateway/v1/frames'
import { SessionsEndedSchema } from '@beseda/proto/identity/v1/identity_service'
import { fromBinary } from '@bufbuild/protobuf'
import type { Msg, NatsConnection } from '@nats-io/nats-core'

/** Each message goes to one replica. */
const QUEUE = 'notify'

export interface BusHandlers {
  posted(groupId: string, commit: StoredCommit): Promise<void>
  callChanged(call: Call): Promise<void>
  userEvent(userId: string, event: UserEvent['event']): Promise<void>
  sessionsEnded(userId: string, sessionIds: readonly string[]): Promise<void>
  failed(error: unknown): void
}

/** Hears what is stored and said, from now on: what was missed while nobody listened is not pushed late. */
export function listenToBus(
  nats: NatsConnection,
  { partitions, partitionCount }: Pick<PlatformConfig, 'partitions' | 'partitionCount'>,
  handlers: BusHandlers,
): void {
  const hear = (subject: string, handle: (message: Msg) => Promise<void> | void, queue = QUEUE) =>
    nats.subscribe(subject, {
      queue,
      callback: (error, message) => {
        if (error) handlers.failed(error)
        else
          Promise.resolve()
            .then(() => handle(message))
            .catch(handlers.failed)
      },
    })
  for (const partition of partitions === 'all' ? (['*'] as const) : partitions) {
    hear(fanSubject(partition, '*', 'messages'), (message) => {
      const place = parseHistorySubject(message.subject)
      if (!place) return undefined
      const seq = Number(message.headers?.get('Nats-Sequence'))
      const commit = decodeCommit(historyStream(place.partition), message.subject, seq, message.data)
      return handlers.posted(place.groupId, commit)
    })
  }
  // Subjects of calls name no partition, and only who serves it knows the group. So each partition has a queue of its own, of all
  // who serve it: a call is heard once for each partition and dealt with once. More subjects would be cheaper for the bus, but calls
  // are few, and gateways of the version before would not hear them.
  const served = partitions === 'all' ? Array.from({ length: partitionCount }, (_, partition) => partition) : partitions
  for (const partition of served) {
    const dealWith = ({ subject, data }: Msg) => {
      if (partitionOf(subject.slice(callSubject('').length), partitionCount) !== partition) return undefined
      const { call } = fromBinary(CallChangedSchema, data)
      return call && handlers.callChanged(call)
    }
    hear(callSubject('*'), dealWith, `${QUEUE}-${partition}`)
  }
  hear(userSubject('*'), ({ subject, data }) =>
    handlers.userEvent(subject.split('.')[1] ?? '', fromBinary(UserEventSchema, data).event),
  )
  hear(sessionEndedSubject('*'), ({ subject, data }) =>
    handlers.sessionsEnded(subject.split('.')[2] ?? '', fromBinary(SessionsEndedSchema, data).sessionIds),
  )
}
