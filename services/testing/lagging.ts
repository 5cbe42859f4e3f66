import { type AppendRequest, MemoryEventStore, type ReadOptions, type SubscribeOptions } from '@beseda/event-log'

/**
 * The log as a replica meets it whose view lags: no commit comes in after {@link hold} until the replica asks the log for what is newest.
 */
export class LaggingLog extends MemoryEventStore {
  #released = Promise.withResolvers<void>()

  constructor(private readonly log: MemoryEventStore) {
    super()
    this.#released.resolve()
  }

  hold(): void {
    this.#released = Promise.withResolvers()
  }

  override append(request: AppendRequest) {
    return this.log.append(request)
  }

  override read(stream: string, options: ReadOptions) {
    return this.log.read(stream, options)
  }

  override last(stream: string, subject: string) {
    this.#released.resolve()
    return this.log.last(stream, subject)
  }

  override heads(stream: string, filters: readonly string[], afterSeq?: number) {
    this.#released.resolve()
    return this.log.heads(stream, filters, afterSeq)
  }

  override info(stream: string) {
    this.#released.resolve()
    return this.log.info(stream)
  }

  override async *subscribe(stream: string, options: SubscribeOptions) {
    for await (const batch of this.log.subscribe(stream, options)) {
      await this.#released.promise
      yield batch
    }
  }
}
