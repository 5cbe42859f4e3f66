import { Refusal } from '@beseda/kernel'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { create, type DescMethodUnary, type DescService, type Message } from '@bufbuild/protobuf'
import type { Msg, NatsConnection, Subscription } from '@nats-io/nats-core'
import { type CustomTransportStrategy, type MessageHandler, Server } from '@nestjs/microservices'
import { isObservable, lastValueFrom } from 'rxjs'
import { decodeRequest, encodeResponse } from './codec.js'
import type { RpcContext } from './context.js'
import { Deadlines } from './deadlines.js'
import { encodeError, errorInfo, toWireError } from './errors.js'
import { type ContentType, HEADERS } from './headers.js'
import { findMethod, methodPath, serviceName } from './methods.js'
import { serverSpan } from './tracing.js'
import { headersOf, wireHeaders } from './wire-headers.js'

/** Requests that a process runs at once; beyond, it answers UNAVAILABLE with a time after which to retry. */
const MAX_RUNNING = 2_000
/** How long a stopping server waits for its requests. Orchestrators kill a process that takes longer than their grace period. */
const DRAIN_MS = 10_000

export interface NatsRpcServerOptions {
  readonly connection: NatsConnection
  /** `all` also serves requests without a partition. */
  readonly partitions: readonly number[] | 'all'
  readonly onRequest?: (method: DescMethodUnary, ms: number, code: string) => void
  /** Requests that the process runs at once, by default MAX_RUNNING. */
  readonly maxRunning?: number
  /** Called with an unexpected error; the caller gets INTERNAL. */
  readonly onError?: (method: DescMethodUnary, error: unknown) => void
}

/**
 * Nest's transport strategy for the contract's RPCs over NATS. The replicas of a service share a queue group, and so the requests. A
 * replica that stops finishes the requests that it has taken.
 */
export class NatsRpcServer extends Server implements CustomTransportStrategy {
  readonly #options: NatsRpcServerOptions
  readonly #deadlines = new Deadlines()
  #subscriptions: Subscription[] = []
  #running = 0
  #idle: () => void = () => undefined

  constructor(options: NatsRpcServerOptions) {
    super()
    this.#options = options
  }

  listen(callback: (error?: unknown) => void): void {
    try {
      for (const [name, services] of this.#services()) this.#serve(name, services)
      this.#options.connection.flush().then(() => callback(), callback)
    } catch (error) {
      callback(error)
    }
  }

  async close(): Promise<void> {
    // A subscription whose connection is closed is over already.
    await Promise.all(this.#subscriptions.map((subscription) => subscription.drain().catch(() => undefined)))
    if (this.#running === 0) return
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, DRAIN_MS)
      this.#idle = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }

  on(): void {}

  unwrap<T>(): T {
    return this.#options.connection as T
  }

  /** By their name on the bus, which two services of one package share. */
  #services(): Map<string, readonly DescService[]> {
    const services = new Set([...this.messageHandlers.keys()].map((path) => methodAt(path).parent))
    return Map.groupBy(services, serviceName)
  }

  #serve(name: string, services: readonly DescService[]): void {
    const { partitions } = this.#options
    for (const partition of partitions === 'all' ? ['*'] : partitions) {
      const subject = `rpc.${name}.${partition}.*`
      // An answer that cannot be sent (the connection is closed) must not end the process: the caller sends the request again.
      const callback = (_: Error | null, message: Msg) => void this.#answer(services, message).catch(() => undefined)
      this.#subscriptions.push(this.#options.connection.subscribe(subject, { queue: name, callback }))
    }
  }

  async #answer(services: readonly DescService[], message: Msg): Promise<void> {
    const name = message.subject.split('.').at(-1) ?? ''
    const method = services.flatMap((service) => findMethod(service.typeName, name) ?? [])[0]
    const handler = method && this.messageHandlers.get(methodPath(method))
    const started = performance.now()
    let code = 'ok'
    this.#running++
    try {
      if (!method || !handler) throw new Refusal(ErrorReason.METHOD_NOT_FOUND)
      message.respond(await this.#handle(method, handler, message))
    } catch (error) {
      const wire = toWireError(error)
      code = wire.code
      if (method && errorInfo(error) === undefined) this.#options.onError?.(method, error)
      message.respond(encodeError(wire), { headers: wireHeaders({ [HEADERS.error]: wire.code }) })
    } finally {
      this.#running--
      if (this.#running === 0) this.#idle()
      if (method) this.#options.onRequest?.(method, performance.now() - started, code)
    }
  }

  async #handle(method: DescMethodUnary, handler: MessageHandler, message: Msg): Promise<Uint8Array> {
    if (this.#running > (this.#options.maxRunning ?? MAX_RUNNING)) throw new Refusal(ErrorReason.UNAVAILABLE, {}, 1000)
    const headers = headersOf(message)
    const contentType: ContentType =
      headers.get(HEADERS.contentType) === 'application/json' ? 'application/json' : 'application/proto'
    const now = Date.now()
    const left = timeLeft(Number(headers.get(HEADERS.deadline)) || undefined, now)
    const deadline = now + left
    if (left <= 0) throw new Refusal(ErrorReason.UNAVAILABLE)
    const request = decodeRequest(method.input, message.data, contentType)
    const due = this.#deadlines.start(left)
    try {
      const answer = await answerOf(method, handler, request, contextOf(headers, deadline, due.signal))
      return encodeResponse(method.output, create(method.output, answer as Message), contentType)
    } finally {
      due.done()
    }
  }
}

/** For a request that does not say how long its caller waits, or says it by another clock. */
const USUAL_MS = 10_000
/** Nobody waits for longer than that. What is later, or has more time, comes from a host whose clock is another one. */
const LONGEST_MS = 60_000

/**
 * How long the caller still waits, in ms; 0 or less: no longer. The deadline (Unix ms) is by the caller's clock: if the two clocks are so far apart
 * that it cannot be meant, because one of them was set, the request is carried out all the same.
 */
export function timeLeft(deadline: number | undefined, now: number): number {
  const left = (deadline ?? Number.NaN) - now
  return Math.abs(left) <= LONGEST_MS ? left : USUAL_MS
}

/** What the handler returns, as a child of the caller's span. */
function answerOf(method: DescMethodUnary, handler: MessageHandler, request: Message, context: RpcContext) {
  const carrier = context.traceparent ? { traceparent: context.traceparent } : {}
  return serverSpan(method, carrier, async () => {
    const result: unknown = await handler(request, context)
    return isObservable(result) ? lastValueFrom(result) : result
  })
}

function methodAt(path: string): DescMethodUnary {
  const [service = '', name = ''] = path.split('/')
  const method = findMethod(service, name)
  if (!method) throw new Error(`${path} is not a method of the contract`)
  return method
}

function contextOf(headers: ReadonlyMap<string, string>, deadline: number, signal: AbortSignal): RpcContext {
  const header = (name: string) => headers.get(name) || undefined
  return {
    userId: header(HEADERS.user),
    deviceId: header(HEADERS.device),
    sessionId: header(HEADERS.session),
    address: header(HEADERS.address),
    traceparent: header(HEADERS.traceparent),
    deadline,
    signal,
  }
}
