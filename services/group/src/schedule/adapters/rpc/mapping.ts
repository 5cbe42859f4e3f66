import { timestampFromMs } from '@bufbuild/protobuf/wkt'
import type { Listed } from '../../application/schedule-queries.js'

export const toScheduledCall = ({ id, groupId, schedule, next }: Listed) => ({
  id,
  groupId,
  organizerId: schedule.organizerId,
  terms: schedule.terms,
  next: next.map(({ name, startsAt, endsAt, moved }) => ({
    occurrence: name,
    startsAt: timestampFromMs(startsAt),
    endsAt: timestampFromMs(endsAt),
    moved,
  })),
  answers: [...schedule.answers].map(([userId, attendance]) => ({ userId, attendance })),
  sequence: schedule.sequence,
})
