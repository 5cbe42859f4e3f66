import { type AppendRequest, MemoryEventStore, type ReadOptions } from '@beseda/event-log'

/** A log that fails in whatever concerns one of its aggregates, as long as that is named. */
export class BrokenLog extends MemoryEventStore {
  broken: string | undefined

  override async append(request: AppendRequest) {
    this.#check(request.subject)
    return super.append(request)
  }

  override async read(stream: string, options: ReadOptions) {
    this.#check(options.filter ?? '')
    return super.read(stream, options)
  }

  override async purge(stream: string, subject: string, uptoSeq: number) {
    this.#check(subject)
    return super.purge(stream, subject, uptoSeq)
  }

  #check(subject: string): void {
    if (this.broken !== undefined && subject.includes(this.broken)) throw new Error('the log does not answer')
  }
}
