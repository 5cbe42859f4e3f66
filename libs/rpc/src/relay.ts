import { partitionOf, Refusal } from '@beseda/kernel'
import { rpcSubject } from '@beseda/proto'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import type { DescMethodUnary } from '@bufbuild/protobuf'
import type { Msg, MsgHdrs, NatsConnection } from '@nats-io/nats-core'
import { decodeError, toConnectError } from './errors.js'
import { type ContentType, HEADERS } from './headers.js'
import { Inbox, NoResponders } from './inbox.js'
import { isRepeatable, serviceName } from './methods.js'
import { partitionKeyOf } from './partition-key.js'
import { headersOf, wireHeaders } from './wire-headers.js'

export interface RelayRequest {
  readonly method: DescMethodUnary
  readonly payload: Uint8Array
  readonly contentType: ContentType
  readonly partitionCount: number
  readonly timeoutMs: number
  readonly headers: Readonly<Record<string, string | undefined>>
  /** Once it aborts, the request is not sent again. */
  readonly signal?: AbortSignal | undefined
}

/** How long a request is repeated while no replica listens: NATS answers "no responders" at once during a restart. */
const RESTART_MS = 5_000
/**
 * Time to wait for the answer to a repeatable request before it is sent again; its replica may have died. Longer: people wait;
 * shorter: a service that is slow under load gets requests twice.
 */
const TRY_MS = 3_000

/**
 * Sends an encoded request to the replicas that own its partition and resolves to the encoded answer. Errors: ConnectError with an
 * ErrorInfo; UNAVAILABLE when no answer comes within `timeoutMs`; TOO_LARGE.
 */
export async function relay(nc: NatsConnection, request: RelayRequest): Promise<Uint8Array> {
  const { method, payload, contentType, partitionCount, timeoutMs, signal } = request
  if (payload.length > (nc.info?.max_payload ?? 1 << 20)) throw new Refusal(ErrorReason.TOO_LARGE)
  const key = partitionKeyOf(method, payload, contentType)
  const partition = key === undefined ? 'any' : partitionOf(key, partitionCount)
  const subject = rpcSubject(serviceName(method.parent), partition, method.name)
  const deadline = performance.now() + timeoutMs
  const head = wireHeaders({
    ...request.headers,
    [HEADERS.contentType]: contentType,
    [HEADERS.deadline]: String(Date.now() + timeoutMs),
  })

  const reply = await ask(nc, subject, payload, head, { deadline, repeatable: isRepeatable(method), signal })
  if (headersOf(reply).has(HEADERS.error)) throw toConnectError(decodeError(reply.data))
  return reply.data
}

interface Terms {
  /** On the clock of `performance.now()`, which nobody sets: a wait must not last hours because somebody has. */
  readonly deadline: number
  readonly repeatable: boolean
  readonly signal: AbortSignal | undefined
}

/** Sends a request until it is answered. One that nobody has taken is always sent again, others only when they are repeatable. */
async function ask(
  nc: NatsConnection,
  subject: string,
  payload: Uint8Array,
  head: MsgHdrs,
  terms: Terms,
): Promise<Msg> {
  const { deadline, repeatable, signal } = terms
  const restartDeadline = Math.min(deadline, performance.now() + RESTART_MS)
  const tryMs = repeatable ? TRY_MS : Number.POSITIVE_INFINITY
  for (;;) {
    try {
      const timeout = Math.max(1, Math.min(tryMs, deadline - performance.now()))
      return await Inbox.of(nc).request(subject, payload, head, timeout)
    } catch (error) {
      const until = error instanceof NoResponders ? restartDeadline : repeatable ? deadline : 0
      if (performance.now() >= until || nc.isClosed() || signal?.aborted)
        throw new Refusal(ErrorReason.UNAVAILABLE, {}, 1000)
      await new Promise((resolve) => setTimeout(resolve, 50 + Math.random() * 100))
    }
  }
}
