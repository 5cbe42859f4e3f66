import { type CommandResult, type EventBody, handleCommand } from '@beseda/event-log'
import { type Caller, type GroupHistory, upToDate } from '@beseda/history'
import { Refusal } from '@beseda/kernel'
import { calendarSubject, PEOPLE_STREAM } from '@beseda/proto'
import { CalendarFeedChangedSchema } from '@beseda/proto/call/v1/events'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { create } from '@bufbuild/protobuf'
import type { KeyedHashes } from '../../groups/application/ports.js'
import { toICalendar } from '../domain/icalendar.js'
import type { CalendarFeed, CalendarFeedStore, ScheduleReader } from './ports.js'

/** 128 bits: nobody guesses a token. */
const TOKEN_BYTES = 16
const NO_HASH = new Uint8Array()
/** What a call is called in a calendar that does not say it. */
const UNNAMED = 'Beseda'
/** Most schedules of a calendar. */
const MOST_SHOWN = 500
const DAY_MS = 86_400_000

/** Secret links under which programs read the scheduled calls of one person (ADR 113). */
export class CalendarFeeds {
  constructor(
    private readonly history: GroupHistory,
    private readonly store: CalendarFeedStore,
    private readonly reader: ScheduleReader,
    private readonly keys: KeyedHashes,
    /** Streams of all groups. */
    private readonly streams: readonly string[],
  ) {}

  /**
   * The token follows from the command and its author, so a retry gets the same one; the log has only a keyed hash of it. Errors:
   * COMMAND_ID_REUSED, also for a repeat of a command after which another one was given.
   */
  async offer(titles: boolean, caller: Caller): Promise<string> {
    const secret = this.keys.hash('calendar', `${caller.userId} ${caller.commandId}`).subarray(0, TOKEN_BYTES)
    const token = Buffer.from(secret).toString('base64url')
    await this.#change({ tokenHash: this.#hash(token), titles }, caller)
    return token
  }

  async revoke(caller: Caller): Promise<void> {
    await this.#change({ tokenHash: NO_HASH, titles: false }, caller)
  }

  /** Undefined: the person has no link. */
  async find(userId: string, signal: AbortSignal): Promise<CalendarFeed | undefined> {
    await upToDate(this.history.deps, [PEOPLE_STREAM], signal)
    const feed = this.store.of(userId)
    return feed && feed.tokenHash.length > 0 ? feed : undefined
  }

  /**
   * The calendar under a link; its links to calls begin with `origin`. It is the same text until something changes, or the day is over. A
   * token that was replaced costs the same work as one that never was. Errors: CALENDAR_NOT_FOUND.
   */
  async read(token: string, origin: string, now: number, signal: AbortSignal): Promise<string> {
    await upToDate(this.history.deps, [PEOPLE_STREAM, ...this.streams], signal)
    const feed = this.store.byTokenHash(this.#hash(token))
    if (!feed) throw new Refusal(ErrorReason.CALENDAR_NOT_FOUND)
    const today = now - (now % DAY_MS)
    const entries = this.reader.listOf(feed.userId, today, MOST_SHOWN).map(({ id, groupId, schedule }) => {
      const { terms } = schedule
      const shown = feed.titles ? terms : { ...terms, title: UNNAMED }
      return { id, schedule: { ...schedule, terms: shown }, url: `${origin}/g/${groupId}/call/${id}` }
    })
    return toICalendar(entries, today)
  }

  #change(wanted: Pick<CalendarFeed, 'tokenHash' | 'titles'>, caller: Caller): Promise<CommandResult> {
    const { userId, commandId } = caller
    const value = create(CalendarFeedChangedSchema, wanted)
    const event: EventBody = { case: 'calendarFeedChanged', value }
    return handleCommand<CalendarFeed | undefined>(this.history.deps, {
      ...caller,
      actorId: userId,
      key: `calendar ${userId}`,
      stream: PEOPLE_STREAM,
      subject: calendarSubject(userId),
      findResult: () => {
        const feed = this.store.of(userId)
        if (feed?.commandId !== commandId) return undefined
        const isSame = feed.titles === wanted.titles && Buffer.compare(feed.tokenHash, wanted.tokenHash) === 0
        if (!isSame) throw new Refusal(ErrorReason.COMMAND_ID_REUSED)
        return feed.seq
      },
      load: () => ({ state: this.store.of(userId), lastSeq: this.store.of(userId)?.seq ?? 0 }),
      decide: (feed) => (wanted.tokenHash.length === 0 && (feed?.tokenHash.length ?? 0) === 0 ? [] : [event]),
    })
  }

  #hash(token: string): Uint8Array {
    return this.keys.hash('calendar token', token)
  }
}
