import { type ExportDeps, StreamExport } from './stream-export.js'

/** The exports of all streams that this process serves. */
export class Exports {
  readonly #stop = new AbortController()
  #running: Promise<unknown> = Promise.resolve()

  constructor(
    private readonly streams: readonly string[],
    private readonly deps: ExportDeps,
    /** The first stream of the whole log, which one process serves at a time. */
    private readonly pulseStream: string,
  ) {}

  start(): void {
    const { signal } = this.#stop
    this.#running = Promise.all(
      this.streams.map((stream) => new StreamExport(stream, this.deps, stream === this.pulseStream).run(signal)),
    )
  }

  /** Resolves when every stream is free for another exporter. */
  async stop(): Promise<void> {
    this.#stop.abort()
    await this.#running
  }
}
