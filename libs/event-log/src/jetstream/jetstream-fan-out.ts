import { fanSubject, parseHistorySubject } from '@beseda/proto'
import type { Msg, NatsConnection } from '@nats-io/nats-core'
import type { CommitCopy, CopyFilter, FanOut, Following, FollowOptions, GroupCopies } from '../fan-out.js'

/** Undefined: a message of another kind. */
export function copyOf({ subject, headers, data }: Msg): CommitCopy | undefined {
  const place = parseHistorySubject(subject)
  const seq = Number(headers?.get('Nats-Sequence'))
  if (!place || !(seq > 0)) return undefined
  return { ...place, seq, prevSeq: Number(headers?.get('Nats-Last-Sequence') || 0), bytes: data }
}

/** The streams republish what they have stored on core NATS: there is no process between the log and its followers. */
export class JetStreamFanOut implements FanOut {
  constructor(protected readonly nats: NatsConnection) {}

  follow(
    { partition, lane }: CopyFilter,
    handle: (copy: CommitCopy) => void,
    { queue, onFailure }: FollowOptions = {},
  ): Following {
    const callback = (error: Error | null, message: Msg) => {
      if (error) return onFailure?.(error)
      const copy = copyOf(message)
      if (copy) handle(copy)
    }
    const name = fanSubject(partition ?? '*', '*', lane ?? '*')
    return this.nats.subscribe(name, queue === undefined ? { callback } : { callback, queue })
  }

  ofGroups(partitionOf: (groupId: string) => number, handle: (copy: CommitCopy) => void): GroupCopies {
    const callback = (error: Error | null, message: Msg) => {
      const copy = error ? undefined : copyOf(message)
      if (copy) handle(copy)
    }
    return {
      listen: (groupId) => this.nats.subscribe(fanSubject(partitionOf(groupId), groupId, '*'), { callback }),
    }
  }
}
