import type { Event } from '@beseda/proto/log/v1/commit'
import { personOf } from '../event-person.js'
import { rosterChanges } from '../roster.js'

/** Everybody whom an event names: who did it, and to whom. */
export function peopleIn(event: Event): readonly string[] {
  const { body } = event
  const other = body.case !== undefined && body.value && 'userId' in body.value ? [String(body.value.userId)] : []
  const missed = body.case === 'callMissed' ? body.value.userIds : []
  const all = [personOf(event), ...other, ...missed, ...rosterChanges(body).map(({ userId }) => userId)]
  return all.filter((id) => id !== '')
}
