import type { Msg, NatsConnection } from '@nats-io/nats-core'
import { decodeCommit } from './codec.js'
import type { StoredCommit } from './port.js'

const ANSWER_MS = 2_000
/** Subjects of one request; the server answers at most 1,024 and a group has four lanes. */
const FILTERS_PER_REQUEST = 200

/** A batched direct get (ADR-31): the messages, then an empty one with the end or the status. */
export interface DirectAnswer {
  readonly messages: readonly Msg[]
  readonly end: Msg
}

export async function directGet(nc: NatsConnection, stream: string, query: object): Promise<DirectAnswer> {
  const messages: Msg[] = []
  const answers = await withoutStacks(() =>
    nc.requestMany(`$JS.API.DIRECT.GET.${stream}`, JSON.stringify(query), {
      // The last message is empty, but so is one that says that a key was deleted: its status tells, and leaving the loop ends the request.
      strategy: 'count',
      maxMessages: -1,
      maxWait: ANSWER_MS,
    }),
  )
  for await (const message of answers) {
    if (message.data.length === 0 && message.headers?.code) return { messages, end: message }
    messages.push(message)
  }
  throw new Error('timeout: a direct get ended without its last message')
}

/**
 * The client makes an error beforehand for each such request, in case it fails, and its stack is the dearest part of the whole
 * question; `noAsyncTraces` spares it for plain requests only.
 */
function withoutStacks<T>(work: () => T): T {
  const limit = Error.stackTraceLimit
  Error.stackTraceLimit = 0
  try {
    return work()
  } finally {
    Error.stackTraceLimit = limit
  }
}

/**
 * Last sequence of every subject that matches, as seen by a replica that has at least `atLeast` (what the leader had):
 * a replica that lags is asked again.
 */
export async function directHeads(
  nc: NatsConnection,
  stream: string,
  filters: readonly string[],
  atLeast: number,
): Promise<ReadonlyMap<string, number>> {
  const chunks = Array.from({ length: Math.ceil(filters.length / FILTERS_PER_REQUEST) }, (_, i) =>
    filters.slice(i * FILTERS_PER_REQUEST, (i + 1) * FILTERS_PER_REQUEST),
  )
  const heads = new Map<string, number>()
  for (const answer of await Promise.all(chunks.map((chunk) => chunkHeads(nc, stream, chunk, atLeast)))) {
    for (const { headers } of answer)
      heads.set(headers?.get('Nats-Subject') ?? '', Number(headers?.get('Nats-Sequence')))
  }
  return heads
}

async function chunkHeads(nc: NatsConnection, stream: string, chunk: readonly string[], atLeast: number) {
  const { messages, end } = await directGet(nc, stream, { multi_last: chunk })
  const status = end.headers?.code
  if (status === 404) {
    // "No messages" carries no position: it is believed of a stream that is empty, else a literal question decides.
    return messages
  }
  if (status === 413) throw new Error(`too many subjects match ${chunk.length} filters`)
  const upTo = Number(end.headers?.get('Nats-UpTo-Sequence') || 0)
  if (upTo < atLeast) throw new Error(`timeout: a replica is at ${upTo}, the leader at ${atLeast}`)
  return messages
}

/** A stored commit from a direct-get answer or a republished copy: both carry its place in headers. */
export const storedOf = (stream: string, { headers, data }: Msg): StoredCommit =>
  decodeCommit(stream, headers?.get('Nats-Subject') ?? '', Number(headers?.get('Nats-Sequence')), data)
