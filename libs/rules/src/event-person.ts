import type { Event } from '@beseda/proto/log/v1/commit'

/**
 * Who did what an event of a group's history tells; empty: nobody, it happened. That is not always the actor of its commit: what people do in
 * a call was written in the name of whoever started it.
 */
export function personOf({ body, actorId }: Pick<Event, 'body' | 'actorId'>): string {
  switch (body.case) {
    case 'callJoined':
    case 'callLeft':
    case 'callRecordingStarted':
    case 'memberLeft':
    case 'joinRequested':
      return body.value.userId
    case 'callStarted':
      return body.value.callerId
    case 'callEnded':
    case 'callMissed':
    case 'callRecordingEnded':
      return ''
    default:
      return actorId
  }
}
