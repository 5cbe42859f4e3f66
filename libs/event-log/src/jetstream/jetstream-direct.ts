import type { Msg, NatsConnection } from '@nats-io/nats-core'
import { decodeCommit } from '../codec.js'
import type { StoredCommit } from '../port.js'

const ANSWER_MS = 2_000
/** Filters of one request: the server answers with at most 1,024 subjects, and a group has four lanes. */
const FILTERS_PER_REQUEST = 200

/** The answer to a batched direct get (ADR-31): messages, then an empty one that says that it was the last, or the status. */
export interface DirectAnswer {
  readonly messages: readonly Msg[]
  readonly end: Msg
}

export async function directGet(nc: NatsConnection, stream: string, query: object): Promise<DirectAnswer> {
  const messages: Msg[] = []
  const answers = await withoutStacks(() =>
    nc.requestMany(`$JS.API.DIRECT.GET.${stream}`, JSON.stringify(query), {
      // The client cannot tell the last message: a message for a deleted key is empty, too. Leaving the loop ends the request.
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
 * The client creates an error for each such request in advance, in case it fails, and capturing its stack costs more than the rest of
 * the request. The client's option `noAsyncTraces` avoids that for plain requests only.
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

/** What a read by any replica is checked against: the leader. */
export interface Leader {
  /** The stream's last sequence when the read began. */
  readonly lastSeq: number
  /** Whether the leader has a message on the filter. */
  has(filter: string): Promise<boolean>
}

/**
 * Last sequence of every subject that matches, as seen by a replica that has everything that the leader had. Errors: a transient
 * one when a replica that lags has answered; another try reaches another replica.
 */
export async function directHeads(
  nc: NatsConnection,
  stream: string,
  { filters, afterSeq }: { readonly filters: readonly string[]; readonly afterSeq: number },
  leader: Leader,
): Promise<ReadonlyMap<string, number>> {
  const chunks = Array.from({ length: Math.ceil(filters.length / FILTERS_PER_REQUEST) }, (_, i) =>
    filters.slice(i * FILTERS_PER_REQUEST, (i + 1) * FILTERS_PER_REQUEST),
  )
  const heads = new Map<string, number>()
  const ask = (chunk: readonly string[]) => {
    // Messages before `seq` are left out of the answer.
    const query = { multi_last: chunk, ...(afterSeq > 0 ? { seq: afterSeq + 1 } : {}) }
    return chunkHeads(nc, stream, query, leader)
  }
  for (const answer of await Promise.all(chunks.map(ask))) {
    for (const { headers } of answer)
      heads.set(headers?.get('Nats-Subject') ?? '', Number(headers?.get('Nats-Sequence')))
  }
  return heads
}

interface LastOfSubjects {
  readonly multi_last: readonly string[]
  readonly seq?: number
}

async function chunkHeads(nc: NatsConnection, stream: string, query: LastOfSubjects, leader: Leader) {
  const { messages, end } = await directGet(nc, stream, query)
  const chunk = query.multi_last
  const status = end.headers?.code
  if (status === 404) {
    // "No messages" carries no sequence: only the leader can tell a replica that lags from filters that match nothing.
    if (leader.lastSeq > 0 && (await Promise.all(chunk.map((filter) => leader.has(filter)))).includes(true))
      throw new Error('timeout: a replica has no message where the leader has one')
    return messages
  }
  if (status === 413) throw new Error(`too many subjects match ${chunk.length} filters`)
  const upTo = Number(end.headers?.get('Nats-UpTo-Sequence') || 0)
  if (upTo < leader.lastSeq) throw new Error(`timeout: a replica is at ${upTo}, the leader at ${leader.lastSeq}`)
  return messages
}

/** A stored commit from a direct-get answer or a republished copy: both carry subject and sequence in headers. */
export const storedCommitOf = (stream: string, { headers, data }: Msg): StoredCommit =>
  decodeCommit(stream, headers?.get('Nats-Subject') ?? '', Number(headers?.get('Nats-Sequence')), data)
