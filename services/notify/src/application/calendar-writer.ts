import { forEachSettled, PartialFailure } from '@beseda/async'
import { type EventBody, handleCommand } from '@beseda/event-log'
import type { GroupHistory } from '@beseda/history'
import { newId } from '@beseda/kernel'
import { NOTIFY_STREAM, notifyCalendarSubject } from '@beseda/proto'
import { CalendarFailure } from '@beseda/proto/notify/v1/calendar_service'
import { toCalendarObject } from '@beseda/rules/schedule'
import {
  type Connection,
  type Done,
  type Entry,
  forget,
  type KeptCalendar,
  note,
  type Standing,
  type Steps,
  stepsFor,
} from '../domain/calendar/calendar.js'
import {
  type CalendarAccounts,
  CalendarFailed,
  type CalendarPasswords,
  type CalendarServers,
  type CalendarSignIn,
  type CalendarStore,
} from './calendar-ports.js'
import type { LetterIds } from './missed-letters.js'
import type { NotificationMemory } from './ports.js'

/** People who are looked at together. */
const PAGE = 500
/** Calendars that are written to at a time. More: more connections to the outside; fewer: a server that hangs holds up more of the others. */
const AT_ONCE = 8
/**
 * How long a replica has a calendar to itself, and how long the next change of it waits. It must be longer than a round of it may take:
 * `BUDGET_MS`, and what is being asked when that is over.
 */
const LEASE_MS = 30_000
/** After that a round of one calendar begins nothing more. Longer: others wait for a slow server, and the lease is over. */
const BUDGET_MS = 12_000
/** Changes in one calendar in a round; the next one goes on. */
const STEPS_AT_ONCE = 100
const TIMEOUT_MS = 10_000
/** Nobody's command: the actor of what the clock does. */
const NOBODY = ''
/** What a call is called in a calendar that does not say it. */
const UNNAMED = 'Beseda'
/** What is wrong with one event only: the others are written all the same. */
const OF_ONE_EVENT: ReadonlySet<CalendarFailure> = new Set([
  CalendarFailure.FORBIDDEN,
  CalendarFailure.CONFLICT,
  CalendarFailure.BAD_ANSWER,
])

interface Clock {
  /** Unix ms. */
  readonly now: number
  /** By `performance.now()`. */
  readonly until: number
}

interface Parts {
  readonly history: GroupHistory
  readonly store: CalendarStore
  readonly servers: Pick<CalendarServers, 'write' | 'remove'>
  readonly passwords: Pick<CalendarPasswords, 'open'>
  readonly accounts: CalendarAccounts
  readonly memory: Pick<NotificationMemory, 'claim'>
  readonly ids: LetterIds
  /** Streams of the groups that are in the view. */
  readonly streams: readonly string[]
}

/**
 * Writes the scheduled calls of people into the calendars that they have connected (ADR 121). It compares, as invitations do: what happened
 * while nothing ran is found by the next round. Events first, marked in the log second: writing one twice changes nothing.
 */
export class CalendarWriter {
  constructor(private readonly parts: Parts) {}

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
      return kept.ending || !isNothing(steps)
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

  #due(userId: string, now: number): { steps: Steps; kept: KeptCalendar; lastSeq: number } {
    const { history, store, streams } = this.parts
    const { state, lastSeq } = store.of(userId)
    // What this replica knows nothing of has not ended.
    const isHere = ({ groupId }: Pick<Entry, 'groupId'>) => streams.includes(history.stream(groupId))
    const { remove, write } = stepsFor(state, store.standing(userId, now), now)
    return { steps: { remove: remove.filter((one) => state.ending || isHere(one)), write }, kept: state, lastSeq }
  }

  async #write(userId: string, now: number): Promise<void> {
    const { history, memory } = this.parts
    const until = performance.now() + BUDGET_MS
    if (!(await memory.claim(userId, 'calendar', LEASE_MS)).first) return
    // What a view that is behind does not have yet has not ended.
    const groups = new Set(this.#due(userId, now).steps.remove.map(({ groupId }) => groupId))
    if (!this.#due(userId, now).kept.ending)
      for (const groupId of groups) await history.catchUp(groupId, AbortSignal.timeout(TIMEOUT_MS))
    const { steps, kept, lastSeq } = this.#due(userId, now)
    const { connection } = kept
    const certain = steps.remove.filter(({ groupId }) => kept.ending || groups.has(groupId))
    if (!connection || (!kept.ending && isNothing({ ...steps, remove: certain }))) return
    // What another replica has done is not done again, however far this view is behind.
    const newest = await history.deps.store.last(NOTIFY_STREAM, notifyCalendarSubject(userId))
    if ((newest?.seq ?? 0) !== lastSeq) return
    const done = await this.#carryOut(userId, connection, { ...steps, remove: certain }, { now, until })
    await this.#change(userId, now, (present) => note(done, present, now))
  }

  async #carryOut(userId: string, connection: Connection, steps: Steps, { now, until }: Clock): Promise<Done> {
    const { servers, passwords } = this.parts
    const [written, removed]: [Entry[], Entry[]] = [[], []]
    const result = (failure?: CalendarFailure): Done => ({ connectionId: connection.id, written, removed, failure })
    const password = passwords.open(connection.sealedPassword, userId)
    if (password === undefined) return result(CalendarFailure.CREDENTIALS)
    const signIn: CalendarSignIn = { userName: connection.userName, password }
    const work = [
      ...steps.remove.map((one) => async () => {
        await servers.remove(this.#place(userId, connection, one), signIn)
        removed.push(one)
      }),
      ...steps.write.map((one) => async () => {
        const text = this.#text(userId, connection, one, now)
        if (text === undefined) return
        await servers.write(this.#place(userId, connection, one), text, signIn)
        written.push({ ...one, titled: connection.titles })
      }),
    ]
    let failure: CalendarFailure | undefined
    for (const step of work.slice(0, STEPS_AT_ONCE)) {
      if (performance.now() > until) break
      try {
        await step()
      } catch (error) {
        if (!(error instanceof CalendarFailed)) throw error
        failure = error.reason
        if (!OF_ONE_EVENT.has(failure)) break
      }
    }
    return result(failure)
  }

  /** Undefined: it is not there any more. */
  #text(userId: string, { titles, origin }: Connection, { groupId, scheduleId }: Standing, now: number) {
    const schedule = this.parts.store.schedule(groupId, scheduleId)
    if (!schedule) return undefined
    const terms = titles ? schedule.terms : { ...schedule.terms, title: UNNAMED }
    const url = `${origin}/g/${groupId}/call/${scheduleId}`
    return toCalendarObject({ id: this.#id(userId, scheduleId), schedule: { ...schedule, terms }, url }, now)
  }

  #place(userId: string, { url }: Connection, { scheduleId }: Pick<Entry, 'scheduleId'>) {
    return { url, uid: this.#id(userId, scheduleId) }
  }

  /** Of each person their own: two of them may write into one calendar, and into one that has an invitation to the same call. */
  #id(userId: string, scheduleId: string): string {
    return this.parts.ids.id('calendar entry', userId, scheduleId)
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

const isNothing = ({ remove, write }: Steps): boolean => remove.length === 0 && write.length === 0
