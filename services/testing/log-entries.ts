import type { EventBody } from '@beseda/event-log'
import type { LogEntry } from '@beseda/event-log/testing'
import { goneSubject, historyStream, historySubject, type LaneName, PEOPLE_STREAM } from '@beseda/proto'
import { PersonGoneSchema } from '@beseda/proto/identity/v1/events'
import { CommitSchema } from '@beseda/proto/log/v1/commit'
import { create } from '@bufbuild/protobuf'
import { timestampFromMs } from '@bufbuild/protobuf/wkt'

export interface EntryOptions {
  readonly actorId?: string
  /** Unix ms. */
  readonly at?: number
  readonly stream?: string
}

/** A commit of a random history on one subject. Each has an id of its own. */
export const entryOn = (
  subject: string,
  bodies: readonly EventBody[],
  { actorId = 'ann', at = 1, stream = historyStream(0) }: EntryOptions = {},
): LogEntry => ({
  stream,
  subject,
  commit: create(CommitSchema, {
    id: `${subject} ${at}`,
    time: timestampFromMs(at),
    events: bodies.map((body) => ({ commandId: `${subject} ${at}`, actorId, body })),
  }),
})

/** A commit in a lane of a group, in the only partition. */
export const laneEntry = (groupId: string, lane: LaneName, bodies: readonly EventBody[], options?: EntryOptions) =>
  entryOn(historySubject(0, groupId, lane), bodies, options)

/** The end of somebody's account. */
export const goneEntry = (userId: string): LogEntry =>
  entryOn(goneSubject(userId), [{ case: 'personGone', value: create(PersonGoneSchema) }], {
    actorId: userId,
    stream: PEOPLE_STREAM,
  })
