import { CalendarFailure } from '@beseda/proto/notify/v1/calendar_service'
import { toCalendarObject } from '@beseda/rules/schedule'
import type { Connection, Done, Entry, RefusedNow, Standing, Steps } from '../domain/calendar/calendar.js'
import {
  CalendarFailed,
  type CalendarPasswords,
  type CalendarServers,
  type CalendarSignIn,
  type CalendarStore,
} from './calendar-ports.js'
import type { LetterIds } from './missed-letters.js'

/** After that a round of one calendar begins nothing more. Longer: others wait for a slow server, and the lease is over. */
const BUDGET_MS = 12_000
/** Changes in one calendar in a round; the next one goes on. */
const STEPS_AT_ONCE = 100
/** What a call is called in a calendar that does not say it. */
const UNNAMED = 'Beseda'
/** What may be wrong with one event only. A server says most of it of the whole calendar, too, so that is looked at. */
const MAYBE_OF_ONE_EVENT: ReadonlySet<CalendarFailure> = new Set([
  CalendarFailure.FORBIDDEN,
  CalendarFailure.NOT_FOUND,
  CalendarFailure.CONFLICT,
  CalendarFailure.BAD_ANSWER,
])

interface Parts {
  readonly store: Pick<CalendarStore, 'schedule'>
  readonly servers: Pick<CalendarServers, 'open' | 'write' | 'remove'>
  readonly passwords: Pick<CalendarPasswords, 'open'>
  readonly ids: LetterIds
}

interface Round {
  readonly userId: string
  readonly connection: Connection
  readonly steps: Steps
  /** Ids of the schedules that are the person's. */
  readonly standing: ReadonlySet<string>
  /** Unix ms. */
  readonly now: number
  /** When it began, by `performance.now()`. */
  readonly began: number
}

interface Made {
  readonly done: Done
  /** Errors that no server should be able to cause. */
  readonly unexpected: readonly unknown[]
}

/** One change that is to be made there. */
interface Change {
  readonly about: Omit<RefusedNow, 'reason'>
  readonly make: () => Promise<void>
}

/** Makes the changes of one round in one calendar. */
export class CalendarChanges {
  constructor(private readonly parts: Parts) {}

  /**
   * What is wrong with one event keeps no other from being written; what is wrong with the calendar ends the round. What should not happen at all
   * counts as an answer that makes no sense, so that it is not tried again at once, and is told besides.
   */
  async make(round: Round): Promise<Made> {
    const { userId, connection, began, standing } = round
    const [written, removed, refused]: [Entry[], Entry[], RefusedNow[]] = [[], [], []]
    const unexpected: unknown[] = []
    const made = (failure?: CalendarFailure): Made => ({
      ...{ done: { connection, written, removed, refused, failure, standing }, unexpected },
    })
    const password = this.parts.passwords.open(connection.sealedPassword, userId)
    if (password === undefined) return made(CalendarFailure.CREDENTIALS)
    const signIn: CalendarSignIn = { userName: connection.userName, password }
    const report = (error: unknown) => void unexpected.push(error)
    for (const { about, make } of this.#changes(round, signIn, { written, removed }).slice(0, STEPS_AT_ONCE)) {
      if (performance.now() > began + BUDGET_MS) break
      const reason = await failureOf(make, report)
      if (reason === undefined) continue
      if (!MAYBE_OF_ONE_EVENT.has(reason)) return made(reason)
      // Once in a round: the others are asked of the same calendar.
      if (refused.length === 0) {
        const found = await failureOf(() => this.parts.servers.open(connection.url, signIn), report)
        // A server that answers nothing as it should has not lost the calendar.
        if (found !== undefined) return made(found === CalendarFailure.NOT_FOUND ? reason : found)
      }
      refused.push({ ...about, reason })
    }
    return made()
  }

  #changes(
    { userId, connection, steps, now }: Round,
    signIn: CalendarSignIn,
    { written, removed }: { readonly written: Entry[]; readonly removed: Entry[] },
  ): readonly Change[] {
    const { servers } = this.parts
    const aboutOf = ({ groupId, scheduleId, sequence }: Standing, removing: boolean) => ({
      ...{ groupId, scheduleId, sequence, removing },
    })
    return [
      ...steps.remove.map((one) => ({
        about: aboutOf(one, true),
        make: async () => {
          await servers.remove(this.#place(userId, connection, one), signIn)
          removed.push(one)
        },
      })),
      ...steps.write.map((one) => ({
        about: aboutOf(one, false),
        make: async () => {
          const text = this.#text(userId, connection, one, now)
          if (text === undefined) return
          await servers.write(this.#place(userId, connection, one), text, signIn)
          written.push({ ...one, titled: connection.titles })
        },
      })),
    ]
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
}

/** Undefined: it went well. */
async function failureOf(
  work: () => Promise<unknown>,
  report: (error: unknown) => void,
): Promise<CalendarFailure | undefined> {
  try {
    await work()
    return undefined
  } catch (error) {
    if (error instanceof CalendarFailed) return error.reason
    report(error)
    return CalendarFailure.BAD_ANSWER
  }
}
