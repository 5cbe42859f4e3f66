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

/** One change that is to be made there. */
interface Change {
  readonly about: Omit<RefusedNow, 'reason'>
  readonly make: () => Promise<void>
}

/** Makes the changes of one round in one calendar. */
export class CalendarChanges {
  constructor(private readonly parts: Parts) {}

  /** What is wrong with one event keeps no other from being written; what is wrong with the calendar ends the round. */
  async make(round: Round): Promise<Done> {
    const { userId, connection, began, standing } = round
    const [written, removed, refused]: [Entry[], Entry[], RefusedNow[]] = [[], [], []]
    const result = (failure?: CalendarFailure): Done => ({
      ...{ connection, written, removed, refused, failure, standing },
    })
    const password = this.parts.passwords.open(connection.sealedPassword, userId)
    if (password === undefined) return result(CalendarFailure.CREDENTIALS)
    const signIn: CalendarSignIn = { userName: connection.userName, password }
    const changes = this.#changes(round, signIn, { written, removed })
    for (const { about, make } of changes.slice(0, STEPS_AT_ONCE)) {
      if (performance.now() > began + BUDGET_MS) break
      const reason = await failureOf(make)
      if (reason === undefined) continue
      const ofAll = refused.length > 0 ? undefined : await this.#ofCalendar(reason, connection, signIn)
      if (ofAll !== undefined || !MAYBE_OF_ONE_EVENT.has(reason)) return result(ofAll ?? reason)
      refused.push({ ...about, reason })
    }
    return result()
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

  /** What is wrong with the calendar where one event was refused; undefined: nothing, it is there and lets us in. */
  async #ofCalendar(reason: CalendarFailure, { url }: Connection, signIn: CalendarSignIn) {
    if (!MAYBE_OF_ONE_EVENT.has(reason)) return reason
    const found = await failureOf(() => this.parts.servers.open(url, signIn))
    // A server that answers nothing as it should has not lost the calendar.
    return found === CalendarFailure.NOT_FOUND ? reason : found
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
async function failureOf(work: () => Promise<unknown>): Promise<CalendarFailure | undefined> {
  try {
    await work()
    return undefined
  } catch (error) {
    if (error instanceof CalendarFailed) return error.reason
    throw error
  }
}
