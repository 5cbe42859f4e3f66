import { type ClientEvent, ClientEventKind, ClientEventsSchema } from '@beseda/proto/gateway/v1/client_events'
import { fromBinary, fromJsonString } from '@bufbuild/protobuf'
import { timestampDate } from '@bufbuild/protobuf/wkt'

/** Events taken of one report. */
const MAX_EVENTS = 32
/** Places taken of one stack. */
const MAX_STACK = 10
const VERSION = /^[0-9A-Za-z.+-]{1,40}$/
const SOURCE = /^[a-z0-9.-]{1,64}$/
const REASON = /^[0-9A-Za-z_-]{1,64}$/
/** A place in the client's code. Anything else could carry text that a person wrote. */
const PLACE = /^[0-9A-Za-z_./-]{1,120}:\d{1,7}:\d{1,7}$/
/** Seconds of the years 2000 to 2100: a clock beyond is of no use to a reader of the log, and could not be written as a date. */
const [EARLIEST, LATEST] = [946_684_800n, 4_102_444_800n]

/** One event as it is logged. */
export interface ReportedEvent {
  /** The enum's name without its prefix, in lower case; `unspecified` for a kind of a newer client. */
  readonly kind: string
  readonly version?: string
  /** By the client's clock, ISO 8601. */
  readonly time?: string
  readonly source?: string
  readonly reason?: string
  readonly durationMs?: number
  readonly stack?: readonly string[]
}

/** All values of the label `kind`. */
export const CLIENT_EVENT_KINDS: readonly string[] = Object.values(ClientEventKind)
  .filter((name) => typeof name === 'string')
  .map((name) => name.toLowerCase())

/**
 * The events of a report (beseda.gateway.v1.ClientEvents in JSON or binary). Anybody can send anything: every value that does not match its
 * pattern is dropped, so that nothing but names and numbers reaches the log. Undefined: not a report.
 */
export function readReport(body: Uint8Array, isJson: boolean): readonly ReportedEvent[] | undefined {
  try {
    const { version, events } = isJson
      ? fromJsonString(ClientEventsSchema, new TextDecoder().decode(body), { ignoreUnknownFields: true })
      : fromBinary(ClientEventsSchema, body)
    return events.slice(0, MAX_EVENTS).map((event) => reported(event, version))
  } catch {
    // What cannot be decoded is not logged: it could be anything.
    return undefined
  }
}

function reported({ kind, time, source, reason, durationMs, stack }: ClientEvent, version: string): ReportedEvent {
  const places = stack.filter((place) => PLACE.test(place)).slice(0, MAX_STACK)
  const isDated = time !== undefined && time.seconds > EARLIEST && time.seconds < LATEST
  return {
    kind: (ClientEventKind[kind] ?? 'UNSPECIFIED').toLowerCase(),
    ...(VERSION.test(version) ? { version } : {}),
    ...(isDated ? { time: timestampDate(time).toISOString() } : {}),
    ...(SOURCE.test(source) ? { source } : {}),
    ...(REASON.test(reason) ? { reason } : {}),
    ...(durationMs > 0 ? { durationMs } : {}),
    ...(places.length > 0 ? { stack: places } : {}),
  }
}
