import { type CommandResult, handleCommand } from '@beseda/event-log'
import { type Caller, type GroupHistory, upToDate } from '@beseda/history'
import { Refusal } from '@beseda/kernel'
import { calendarSubject, PEOPLE_STREAM } from '@beseda/proto'
import { CalendarFeedChangedSchema } from '@beseda/proto/call/v1/events'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { toICalendar } from '@beseda/rules/schedule'
import { create } from '@bufbuild/protobuf'
import type { KeyedHashes } from '../../groups/application/ports.js'
import type { Accounts, CalendarFeed, CalendarFeedStore, ScheduleReader } from './ports.js'

/** 128 bits: nobody guesses a token. */
const TOKEN_BYTES = 16
const NO_HASH = new Uint8Array()
/** What a call is called in a calendar that does not say it. */
const UNNAMED = 'Beseda'
/** Most schedules of a calendar: as many as their times are kept for (`occurrences.ts`), so that no reading computes them all again. */
const MOST_SHOWN = 200
const DAY_MS = 86_400_000

interface Wanted {
  readonly titles: boolean
  /** Of the token that is made when the change before has this sequence. Empty: no link. */
  readonly hashAfter: (seq: number) => Uint8Array
}

/** Secret links under which programs read the scheduled calls of one person (ADR 113). */
export class CalendarFeeds {
  constructor(
    private readonly history: GroupHistory,
    private readonly store: CalendarFeedStore,
    private readonly reader: ScheduleReader,
    private readonly keys: KeyedHashes,
    private readonly accounts: Accounts,
    /** Streams of all groups. */
    private readonly streams: readonly string[],
  ) {}

  /**
   * The token follows from the command, its author, and what was changed before it, so a retry gets the same one, and a link that was ended
   * never comes back; the log has only a keyed hash of it. Errors: COMMAND_ID_REUSED, as long as the log knows the command, also for a
   * repeat of one after which another was given.
   */
  async offer(titles: boolean, caller: Caller): Promise<string> {
    const tokenAfter = (seq: number) => this.#token(caller, seq)
    const { events } = await this.#change({ titles, hashAfter: (seq) => this.#hash(tokenAfter(seq)) }, caller)
    const [made] = events.flatMap((one) => (one.case === 'calendarFeedChanged' ? [Number(one.value.afterSeq)] : []))
    return tokenAfter(made ?? this.store.of(caller.userId)?.afterSeq ?? 0)
  }

  async revoke(caller: Caller): Promise<void> {
    await this.#change({ titles: false, hashAfter: () => NO_HASH }, caller)
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
    // Whoever was shut out reads nothing more; the link works again with the account.
    if (!feed || (await this.accounts.isDisabled(feed.userId, signal)))
      throw new Refusal(ErrorReason.CALENDAR_NOT_FOUND)
    const today = now - (now % DAY_MS)
    const entries = this.reader.listOf(feed.userId, today, MOST_SHOWN).map(({ id, groupId, schedule }) => {
      const { terms } = schedule
      const shown = feed.titles ? terms : { ...terms, title: UNNAMED }
      return { id, schedule: { ...schedule, terms: shown }, url: `${origin}/g/${groupId}/call/${id}` }
    })
    return toICalendar(entries, today)
  }

  #change({ titles, hashAfter }: Wanted, caller: Caller): Promise<CommandResult> {
    const { userId, commandId } = caller
    return handleCommand<CalendarFeed | undefined>(this.history.deps, {
      ...caller,
      actorId: userId,
      key: `calendar ${userId}`,
      stream: PEOPLE_STREAM,
      subject: calendarSubject(userId),
      findResult: () => {
        const feed = this.store.of(userId)
        if (feed?.commandId !== commandId) return undefined
        const isSame = feed.titles === titles && Buffer.compare(feed.tokenHash, hashAfter(feed.afterSeq)) === 0
        if (!isSame) throw new Refusal(ErrorReason.COMMAND_ID_REUSED)
        return feed.seq
      },
      load: () => ({ state: this.store.of(userId), lastSeq: this.store.of(userId)?.seq ?? 0 }),
      decide: (feed) => {
        const afterSeq = feed?.seq ?? 0
        const tokenHash = hashAfter(afterSeq)
        if (tokenHash.length === 0 && (feed?.tokenHash.length ?? 0) === 0) return []
        const value = create(CalendarFeedChangedSchema, { tokenHash, titles, afterSeq: BigInt(afterSeq) })
        return [{ case: 'calendarFeedChanged', value }]
      },
    })
  }

  /** Links that are older than this rule were made after nothing. */
  #token({ userId, commandId }: Caller, afterSeq: number): string {
    const text = afterSeq === 0 ? `${userId} ${commandId}` : `${userId} ${commandId} ${afterSeq}`
    return Buffer.from(this.keys.hash('calendar', text).subarray(0, TOKEN_BYTES)).toString('base64url')
  }

  #hash(token: string): Uint8Array {
    return this.keys.hash('calendar token', token)
  }
}
