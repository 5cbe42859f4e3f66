import { createRequire } from 'node:module'
import type * as Grpc from '@grpc/grpc-js'

const load = createRequire(import.meta.url)
// The published protocol, as the official client brings it along.
const grpc = load('@grpc/grpc-js') as typeof Grpc
const { StreamsService } = load('@eventstore/db-client/generated/streams_grpc_pb.js')
const { ServerFeaturesService } = load('@eventstore/db-client/generated/serverfeatures_grpc_pb.js')
const features = load('@eventstore/db-client/generated/serverfeatures_pb.js')
const messages = load('@eventstore/db-client/generated/streams_pb.js')
const shared = load('@eventstore/db-client/generated/shared_pb.js')

interface Written {
  readonly id: string
  readonly type: string
  readonly data: string
  readonly metadata: string
}

/**
 * A STAND-IN for EventStoreDB: it speaks the part of the protocol that the sink uses, and keeps streams in memory. It is no server, and
 * shows only that the official client is used as the protocol wants it.
 */
export class EventStoreStandIn {
  readonly streams = new Map<string, Written[]>()
  readonly tombstoned = new Set<string>()
  /** How often somebody appended by `BatchAppend`, which gets no answer here. */
  batched = 0
  #held: (() => void)[] | undefined

  private constructor(
    readonly url: string,
    private readonly server: Grpc.Server,
  ) {}

  static async start(): Promise<EventStoreStandIn> {
    const server = new grpc.Server()
    const port = await new Promise<number>((resolve, reject) => {
      server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, bound) =>
        error ? reject(error) : resolve(bound),
      )
    })
    const standIn = new EventStoreStandIn(`esdb://127.0.0.1:${port}?tls=false`, server)
    server.addService(StreamsService, standIn.#methods())
    server.addService(ServerFeaturesService, { getSupportedMethods })
    return standIn
  }

  /** Appends wait for an answer until the returned function is called. */
  hold(): () => void {
    this.#held = []
    return () => {
      for (const answer of this.#held ?? []) answer()
      this.#held = undefined
    }
  }

  /** How many appends wait. */
  get waiting(): number {
    return this.#held?.length ?? 0
  }

  stop(): void {
    this.server.forceShutdown()
  }

  // biome-ignore lint/suspicious/noExplicitAny: the generated messages have no types for a server.
  #methods(): any {
    return {
      // biome-ignore lint/suspicious/noExplicitAny: see above.
      append: (call: any, answer: any) => this.#append(call, answer),
      batchAppend: () => {
        this.batched++
      },
      // biome-ignore lint/suspicious/noExplicitAny: see above.
      read: (call: any) => this.#read(call),
      // biome-ignore lint/suspicious/noExplicitAny: see above.
      tombstone: (call: any, answer: any) => {
        const name = nameOf(call.request.getOptions())
        if (this.tombstoned.has(name)) return answer(deleted(name))
        this.tombstoned.add(name)
        this.streams.delete(name)
        const response = new messages.TombstoneResp()
        response.setNoPosition(new shared.Empty())
        answer(null, response)
      },
    }
  }

  // biome-ignore lint/suspicious/noExplicitAny: see above.
  #append(call: any, answer: any): void {
    // biome-ignore lint/suspicious/noExplicitAny: see above.
    let options: any
    const proposed: Written[] = []
    // biome-ignore lint/suspicious/noExplicitAny: see above.
    call.on('data', (request: any) => {
      if (request.hasOptions()) options = request.getOptions()
      else proposed.push(writtenOf(request.getProposedMessage()))
    })
    call.on('end', () => {
      const carryOut = () => this.#answer(nameOf(options), options, proposed, answer)
      if (this.#held) this.#held.push(carryOut)
      else carryOut()
    })
  }

  // biome-ignore lint/suspicious/noExplicitAny: see above.
  #answer(name: string, options: any, proposed: readonly Written[], answer: any) {
    if (this.tombstoned.has(name)) return answer(deleted(name))
    const present = this.streams.get(name) ?? []
    const expected = options.hasNoStream() ? -1 : options.hasRevision() ? Number(options.getRevision()) : undefined
    const response = new messages.AppendResp()
    if (expected !== undefined && expected !== present.length - 1) {
      const wrong = new messages.AppendResp.WrongExpectedVersion()
      if (present.length > 0) wrong.setCurrentRevision(String(present.length - 1))
      if (expected === -1) wrong.setExpectedNoStream(new shared.Empty())
      else wrong.setExpectedRevision(String(expected))
      response.setWrongExpectedVersion(wrong)
      return answer(null, response)
    }
    this.streams.set(name, [...present, ...proposed])
    const success = new messages.AppendResp.Success()
    success.setCurrentRevision(String(present.length + proposed.length - 1))
    response.setSuccess(success)
    answer(null, response)
  }

  /** Backwards, one event: nothing else is asked. */
  // biome-ignore lint/suspicious/noExplicitAny: see above.
  #read(call: any): void {
    const name = nameOf(call.request.getOptions().getStream())
    if (this.tombstoned.has(name)) return void call.emit('error', deleted(name))
    const present = this.streams.get(name) ?? []
    const response = new messages.ReadResp()
    const last = present.at(-1)
    if (last) response.setEvent(readEvent(name, present.length - 1, last))
    else {
      const missing = new messages.ReadResp.StreamNotFound()
      missing.setStreamIdentifier(identifier(name))
      response.setStreamNotFound(missing)
    }
    call.write(response)
    call.end()
  }
}

/** What every server since 21.10 says. */
// biome-ignore lint/suspicious/noExplicitAny: see above.
function getSupportedMethods(_: any, answer: any): void {
  const method = new features.SupportedMethod()
  method.setServiceName('event_store.client.streams.streams')
  method.setMethodName('batchappend')
  const supported = new features.SupportedMethods()
  supported.setEventStoreServerVersion('24.10.0')
  supported.setMethodsList([method])
  answer(null, supported)
}

// biome-ignore lint/suspicious/noExplicitAny: see above.
const nameOf = (options: any): string => Buffer.from(options.getStreamIdentifier().getStreamName_asU8()).toString()

function identifier(name: string) {
  const one = new shared.StreamIdentifier()
  one.setStreamName(Buffer.from(name))
  return one
}

// biome-ignore lint/suspicious/noExplicitAny: see above.
const writtenOf = (message: any): Written => ({
  id: message.getId().getString(),
  type: message.getMetadataMap().get('type'),
  data: Buffer.from(message.getData_asU8()).toString(),
  metadata: Buffer.from(message.getCustomMetadata_asU8()).toString(),
})

function readEvent(name: string, revision: number, { id, type, data, metadata }: Written) {
  const recorded = new messages.ReadResp.ReadEvent.RecordedEvent()
  const uuid = new shared.UUID()
  uuid.setString(id)
  recorded.setId(uuid)
  recorded.setStreamIdentifier(identifier(name))
  recorded.setStreamRevision(String(revision))
  recorded.setPreparePosition('0')
  recorded.setCommitPosition('0')
  recorded.getMetadataMap().set('type', type)
  recorded.getMetadataMap().set('content-type', 'application/json')
  recorded.getMetadataMap().set('created', '0')
  recorded.setCustomMetadata(Buffer.from(metadata))
  recorded.setData(Buffer.from(data))
  const event = new messages.ReadResp.ReadEvent()
  event.setEvent(recorded)
  event.setNoPosition(new shared.Empty())
  return event
}

function deleted(name: string) {
  const metadata = new grpc.Metadata()
  metadata.set('exception', 'stream-deleted')
  metadata.set('stream-name', name)
  return { code: grpc.status.FAILED_PRECONDITION, details: `${name} is deleted`, metadata }
}
