import {
  ANY,
  BACKWARDS,
  END,
  ErrorType,
  type EventData,
  EventStoreDBClient,
  isCommandError,
  NO_STREAM,
} from '@eventstore/db-client'
import type { Sink, Sinks } from '../../application/ports.js'
import type { Outgoing } from '../../domain/outgoing.js'
import type { Placed } from '../../domain/placed.js'
import {
  type EventMetadata,
  groupStream,
  isAfter,
  messageStream,
  pointerEvent,
  wholeEvent,
} from './eventstore-events.js'

/** Answers later than this count as none. */
const ANSWER_MS = 10_000

/** EventStoreDB, by its official client. */
export class EventStoreSinks implements Sinks {
  readonly kind = 'eventstore'
  readonly name = 'eventstore'
  readonly pulseMs = undefined

  constructor(
    private readonly url: string,
    private readonly epochOf: (stream: string) => string,
    private readonly answerMs = ANSWER_MS,
  ) {}

  async open(): Promise<Sink> {
    return new EventStoreSink(clientOf(this.url), this.epochOf, this.answerMs)
  }
}

/**
 * A client that appends by `Append`, although every server since 21.10 offers `BatchAppend`: for that, the library keeps what waits for
 * answers in one place for all clients of the process, so that the end of one client fails the appends of all others, and their answers then
 * end the process (kurrent-io/KurrentDB-Client-NodeJS#523, mended in the successor only). A batched append has no deadline here either.
 */
function clientOf(url: string): EventStoreDBClient {
  const client = EventStoreDBClient.connectionString(url)
  // What the library asks before it chooses; nothing else that is used here asks it.
  Object.defineProperty(client, 'supports', { value: async () => false })
  return client
}

/** The end of a stream as it was last seen or written. */
interface End {
  readonly revision: bigint | undefined
  readonly last: EventMetadata | undefined
}
const NOTHING: End = { revision: undefined, last: undefined }
const GONE = 'gone'

/**
 * Every stream ends where its last event says, so what has arrived is never written twice, and an append expects that end: of two exporters
 * only one can write it.
 */
class EventStoreSink implements Sink {
  readonly #groups = new Map<string, End>()

  constructor(
    private readonly client: EventStoreDBClient,
    private readonly epochOf: (stream: string) => string,
    private readonly answerMs: number,
  ) {}

  async send(batch: readonly Outgoing[]): Promise<void> {
    for (const run of runs(batch)) {
      if (run.kind === 'erased') await this.#erase(run.groupId, run.messageId)
      else await this.#append(run.events)
    }
  }

  async close(): Promise<void> {
    // How a client ends that is not used any more tells nothing.
    await Promise.allSettled([this.client.dispose()])
  }

  /** Events of one group. What a message says arrives before the event that points to it. */
  async #append(events: readonly Event[]): Promise<void> {
    const groupId = events[0]?.placed.groupId ?? ''
    const stream = groupStream(groupId)
    const end = this.#groups.get(groupId) ?? (await this.#endOf(stream))
    if (end === GONE) throw new Error(`the stream ${stream} was tombstoned by somebody else`)
    const fresh = events.filter(({ placed }) => this.#isNew(placed, end))
    for (const { placed, messageId } of fresh) if (messageId !== undefined) await this.#say(placed, messageId)
    const data = fresh.map(({ placed, messageId }) => {
      const epoch = this.epochOf(placed.place.stream)
      return messageId === undefined ? wholeEvent(placed, epoch) : pointerEvent(placed, epoch)
    })
    this.#groups.set(groupId, await this.#write(stream, end, data))
  }

  #isNew({ place }: Placed, { last }: End): boolean {
    return last === undefined || isAfter(place, this.epochOf(place.stream), last)
  }

  async #say(placed: Placed, messageId: string): Promise<void> {
    const stream = messageStream(placed.groupId, messageId)
    const end = await this.#endOf(stream)
    // Sent again after it was erased: it stays erased.
    if (end === GONE || !this.#isNew(placed, end)) return
    await this.#write(stream, end, [wholeEvent(placed, this.epochOf(placed.place.stream))])
  }

  async #erase(groupId: string, messageId: string): Promise<void> {
    try {
      await this.client.tombstoneStream(messageStream(groupId, messageId), {
        expectedRevision: ANY,
        deadline: this.answerMs,
      })
    } catch (error) {
      if (!isDeleted(error)) throw error
    }
  }

  async #write(stream: string, end: End, events: readonly EventData[]): Promise<End> {
    const last = events.at(-1)
    if (!last) return end
    const { nextExpectedRevision } = await this.client.appendToStream(stream, [...events], {
      expectedRevision: end.revision ?? NO_STREAM,
      deadline: this.answerMs,
    })
    return { revision: nextExpectedRevision, last: last.metadata as unknown as EventMetadata }
  }

  async #endOf(stream: string): Promise<End | typeof GONE> {
    try {
      const found = this.client.readStream(stream, {
        direction: BACKWARDS,
        fromRevision: END,
        maxCount: 1,
        deadline: this.answerMs,
      })
      let end = NOTHING
      // Read to its end: the client waits for ever when it is left before.
      for await (const { event } of found) {
        if (event) end = { revision: event.revision, last: event.metadata as unknown as EventMetadata }
      }
      return end
    } catch (error) {
      if (isOf(error, ErrorType.STREAM_NOT_FOUND)) return NOTHING
      if (isDeleted(error)) return GONE
      throw error
    }
  }
}

const isOf = (error: unknown, type: ErrorType): boolean =>
  error instanceof Error && isCommandError(error) && error.type === type
const isDeleted = (error: unknown): boolean => isOf(error, ErrorType.STREAM_DELETED)

type Event = Extract<Outgoing, { kind: 'event' }>
type Run = { readonly kind: 'events'; readonly events: Event[] } | Extract<Outgoing, { kind: 'erased' }>

/** Neighbouring events of one group are appended together; erasures stay where they are. */
function* runs(batch: readonly Outgoing[]): Iterable<Run> {
  let events: Event[] = []
  for (const outgoing of batch) {
    if (outgoing.kind === 'pulse') continue
    const joins = outgoing.kind === 'event' && events[0]?.placed.groupId === outgoing.placed.groupId
    if (!joins && events.length > 0) {
      yield { kind: 'events', events }
      events = []
    }
    if (outgoing.kind === 'event') events.push(outgoing)
    else yield outgoing
  }
  if (events.length > 0) yield { kind: 'events', events }
}
