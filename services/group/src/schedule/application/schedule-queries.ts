import { type GroupHistory, upToDate } from '@beseda/history'
import { Refusal } from '@beseda/kernel'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { allOccurrences, type Occurrence, occurrencesBetween, toICalendar } from '@beseda/rules/schedule'
import type { Access } from '../../groups/application/access.js'
import type { GroupReader } from '../../groups/application/ports.js'
import type { ScheduledRecord, ScheduleReader } from './ports.js'

/** How far ahead lists look. */
const WINDOW_MS = 60 * 86_400_000
const MOST_SHOWN = 60
/** Most schedules in the list of a person. */
const MOST_OF_A_PERSON = 200

export interface Listed extends ScheduledRecord {
  readonly next: readonly Occurrence[]
}

/** What is scheduled, as people see it. */
export class ScheduleQueries {
  constructor(
    private readonly history: GroupHistory,
    private readonly access: Access,
    private readonly groups: GroupReader,
    private readonly reader: ScheduleReader,
    /** Streams of all groups. */
    private readonly streams: readonly string[],
  ) {}

  /** Errors: NOT_A_MEMBER; INVALID_REQUEST when the log has not reached `minSeq`. */
  list(groupId: string, userId: string, minSeq: number, signal: AbortSignal): Promise<readonly Listed[]> {
    return this.access.asMember(groupId, userId, minSeq, signal, ({ reader: { now } }) =>
      this.#listed(this.reader.list(groupId, now), now),
    )
  }

  async listOf(userId: string, now: number, signal: AbortSignal): Promise<readonly Listed[]> {
    await upToDate(this.history.deps, this.streams, signal)
    return this.#listed(this.reader.listOf(userId, now, MOST_OF_A_PERSON), now)
  }

  /** `origin`: where the person reaches the installation; the link begins with it. Errors: NOT_A_MEMBER, SCHEDULE_NOT_FOUND. */
  export(groupId: string, scheduleId: string, userId: string, origin: string, signal: AbortSignal): Promise<string> {
    return this.access.asMember(groupId, userId, 0, signal, ({ reader: { now } }) => {
      const record = this.reader.find(groupId, scheduleId)
      if (!record) throw new Refusal(ErrorReason.SCHEDULE_NOT_FOUND)
      return toICalendar([{ ...record, url: `${origin}/g/${groupId}/call/${scheduleId}` }], now)
    })
  }

  #listed(records: readonly ScheduledRecord[], now: number): readonly Listed[] {
    const known = new Map<string, ReadonlySet<string>>()
    const membersOf = (groupId: string) => {
      const members = known.get(groupId) ?? new Set(this.groups.members(groupId).map(({ userId }) => userId))
      known.set(groupId, members)
      return members
    }
    return records
      .map((record) => {
        const members = membersOf(record.groupId)
        const answers = new Map([...record.schedule.answers].filter(([userId]) => members.has(userId)))
        return { ...record, schedule: { ...record.schedule, answers }, next: next(record, now) }
      })
      .filter((listed) => listed.next.length > 0)
      .toSorted((a, b) => startOf(a) - startOf(b))
  }
}

const startOf = ({ next: [first] }: Listed): number => first?.startsAt ?? 0

/** Of the window; the next one, where none is in it. */
function next({ schedule }: ScheduledRecord, now: number): readonly Occurrence[] {
  const near = occurrencesBetween(schedule, now, now + WINDOW_MS)
  if (near.length > 0) return near.slice(0, MOST_SHOWN)
  return allOccurrences(schedule)
    .filter(({ endsAt }) => endsAt > now)
    .slice(0, 1)
}
