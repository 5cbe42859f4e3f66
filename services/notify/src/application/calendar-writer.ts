import { forEachSettled, PartialFailure } from '@beseda/async'
import { type EventBody, handleCommand } from '@beseda/event-log'
import { type GroupHistory, upToDate } from '@beseda/history'
import { newId } from '@beseda/kernel'
import { NOTIFY_STREAM, notifyCalendarSubject, PEOPLE_STREAM } from '@beseda/proto'
import { type Entry, forget, isDue, type KeptCalendar, note, stepsFor } from '../domain/calendar/calendar.js'
import { CalendarChanges } from './calendar-changes.js'
import type {
  CalendarAccounts,
  CalendarPace,
  CalendarPasswords,
  CalendarServers,
  CalendarStore,
} from './calendar-ports.js'
import type { LetterIds } from './missed-letters.js'
import type { NotificationMemory } from './ports.js'

/** People who are looked at together. */
const PAGE = 500
/** Calendars that are written to at a time. More: more connections to the outside; fewer: a server that hangs holds up more of the others. */
const AT_ONCE = 8
const TIMEOUT_MS = 10_000
/** Nobody's command: the actor of what the clock does. */
const NOBODY = ''
interface Parts {
  readonly history: GroupHistory
  readonly store: CalendarStore
  readonly servers: Pick<CalendarServers, 'open' | 'write' | 'remove'>
  readonly passwords: Pick<CalendarPasswords, 'open'>
  readonly accounts: CalendarAccounts
  readonly memory: Pick<NotificationMemory, 'claim'>
  readonly ids: LetterIds
  readonly pace: Pick<CalendarPace, 'leaseMs'>
  /** Streams of the groups that are in the view. */
  readonly streams: readonly string[]
}

/**
 * Writes the scheduled calls of people into the calendars that they have connected (ADR 121). It compares, as invitations do: what happened
 * while nothing ran is found by the next round. Events first, marked in the log second: writing one twice changes nothing.
 */
export class CalendarWriter {
  readonly #changes: CalendarChanges

  constructor(private readonly parts: Parts) {
    this.#changes = new CalendarChanges(parts)
  }

  /** Errors: PartialFailure with the people for whom it failed here, after all were looked at; what a server refuses is noted, and no error. */
  async round(now: number): Promise<void> {
    const failures: Error[] = []
    for (let last = ''; ; ) {
      const page = this.parts.store.page(last, now, PAGE)
      try {
        await this.#writeToEach(page, now)
      } catch (error) {
        if (!(error instanceof PartialFailure)) throw error
        failures.push(...error.failures)
      }
      last = page.at(-1) ?? ''
      if (page.length < PAGE) break
    }
    if (failures.length > 0) throw new PartialFailure(failures)
  }

  /** Nothing is kept of a person whose account was deleted. What is in their calendar is theirs. */
  async forget(userId: string): Promise<void> {
    await this.#change(userId, Date.now(), forget)
  }

  async #writeToEach(page: readonly string[], now: number): Promise<void> {
    const due = page.filter((userId) => {
      const { steps, kept } = this.#due(userId, now)
      return isDue(kept, steps)
    })
    if (due.length === 0) return
    const disabled = await this.parts.accounts.disabled(due)
    const allowed = due.filter((userId) => !disabled.has(userId))
    await forEachSettled(
      allowed,
      (userId) => `calendar of ${userId}`,
      (userId) => this.#write(userId, now),
      AT_ONCE,
    )
  }

  #due(userId: string, now: number) {
    const { history, store, streams } = this.parts
    const { state, lastSeq } = store.of(userId)
    const standing = store.standing(userId, now)
    // What this replica knows nothing of has not ended.
    const isHere = ({ groupId }: Pick<Entry, 'groupId'>) => streams.includes(history.stream(groupId))
    const { remove, write } = stepsFor(state, standing, now)
    const steps = { remove: remove.filter((one) => state.ending || isHere(one)), write }
    return { steps, kept: state, standing: new Set(standing.map(({ scheduleId }) => scheduleId)), lastSeq }
  }

  async #write(userId: string, now: number): Promise<void> {
    const { history, memory, store, pace } = this.parts
    const began = performance.now()
    if (!(await memory.claim(userId, 'calendar', pace.leaseMs)).first) return
    // What a view that is behind does not have yet has not ended.
    const groups = new Set(this.#due(userId, now).steps.remove.map(({ groupId }) => groupId))
    if (!this.#due(userId, now).kept.ending)
      for (const groupId of groups) await history.catchUp(groupId, AbortSignal.timeout(TIMEOUT_MS))
    // Whose account was deleted is in no group any more, and a view may know the latter first.
    if (groups.size > 0) await upToDate(history.deps, [PEOPLE_STREAM], AbortSignal.timeout(TIMEOUT_MS))
    if (store.isGone(userId)) return
    const { steps: found, kept, standing, lastSeq } = this.#due(userId, now)
    const { connection } = kept
    const remove = found.remove.filter(({ groupId }) => kept.ending || groups.has(groupId))
    const steps = { ...found, remove }
    if (!connection || !isDue(kept, steps)) return
    // What another replica has done is not done again, however far this view is behind.
    const newest = await history.deps.store.last(NOTIFY_STREAM, notifyCalendarSubject(userId))
    if ((newest?.seq ?? 0) !== lastSeq) return
    const { done, unexpected } = await this.#changes.make({ userId, connection, steps, standing, now, began })
    await this.#change(userId, now, (present) => note(done, present, now))
    if (unexpected.length > 0) throw unexpected[0]
  }

  async #change(userId: string, now: number, decide: (present: KeptCalendar) => readonly EventBody[]): Promise<void> {
    const subject = notifyCalendarSubject(userId)
    await handleCommand<KeptCalendar>(this.parts.history.deps, {
      ...{ commandId: newId(), actorId: NOBODY, now: new Date(now), traceparent: undefined },
      ...{ signal: AbortSignal.timeout(TIMEOUT_MS), key: subject, stream: NOTIFY_STREAM, subject },
      load: () => this.parts.store.of(userId),
      decide,
    })
  }
}
