import { type Caller, type GroupHistory, upToDate } from '@beseda/history'
import { NOTIFY_STREAM, notifyCalendarSubject } from '@beseda/proto'
import { CalendarFailure } from '@beseda/proto/notify/v1/calendar_service'
import { connect, disconnect, type KeptCalendar } from '../domain/calendar/calendar.js'
import {
  CalendarFailed,
  type CalendarPasswords,
  type CalendarServers,
  type CalendarSignIn,
  type CalendarStore,
  type FoundCalendar,
} from './calendar-ports.js'
import type { LetterIds } from './missed-letters.js'
import { changeOwn } from './own-subject.js'

interface WantedConnection {
  readonly url: string
  readonly titles: boolean
  readonly origin: string
}

type Outcome<Found> = { readonly found: Found } | { readonly failure: CalendarFailure }

/** Calendars that people connect, into which their scheduled calls are written (ADR 121). */
export class CalendarConnections {
  constructor(
    private readonly history: GroupHistory,
    private readonly store: Pick<CalendarStore, 'of'>,
    private readonly servers: Pick<CalendarServers, 'find' | 'open'>,
    private readonly passwords: Pick<CalendarPasswords, 'seal'>,
    private readonly ids: LetterIds,
  ) {}

  /** As it is now, whichever replica is asked. */
  async of(userId: string, signal: AbortSignal): Promise<KeptCalendar> {
    await upToDate(this.history.deps, [NOTIFY_STREAM], signal)
    return this.store.of(userId).state
  }

  find(address: string, signIn: CalendarSignIn): Promise<Outcome<readonly FoundCalendar[]>> {
    return outcomeOf(this.servers.find(address, signIn))
  }

  /** Undefined: it is connected. */
  async connect(
    wanted: WantedConnection,
    signIn: CalendarSignIn,
    caller: Caller,
  ): Promise<CalendarFailure | undefined> {
    const opened = await outcomeOf(this.servers.open(wanted.url, signIn))
    if ('failure' in opened) return opened.failure
    const { userId, commandId } = caller
    const connection = {
      ...{ id: this.ids.id('calendar', userId, commandId), ...opened.found, userName: signIn.userName },
      ...{ sealedPassword: this.passwords.seal(signIn.password, userId) },
      ...{ titles: wanted.titles, origin: wanted.origin },
    }
    await this.#change(caller, (present) => connect(connection, present))
    return undefined
  }

  async disconnect(removes: boolean, caller: Caller): Promise<void> {
    await this.#change(caller, (present) => disconnect(removes, present, caller.now.getTime()))
  }

  #change(caller: Caller, decide: (present: KeptCalendar) => ReturnType<typeof connect>): Promise<unknown> {
    const { userId } = caller
    return changeOwn(this.history, caller, notifyCalendarSubject(userId), () => this.store.of(userId), decide)
  }
}

async function outcomeOf<Found>(work: Promise<Found>): Promise<Outcome<Found>> {
  try {
    return { found: await work }
  } catch (error) {
    if (error instanceof CalendarFailed) return { failure: error.reason }
    throw error
  }
}
