import { SerialQueue } from '@beseda/async'
import type { Checkpoints, Position, StoredCheckpoint } from './ports.js'

/** Another exporter has written the checkpoint. */
export class Outrun extends Error {
  override readonly name = 'Outrun'
}

/**
 * The checkpoint of a stream in the hands of one exporter. Two exporters may believe for a moment that they have it; only one of them can
 * write it.
 */
export class Claim {
  readonly #writes = new SerialQueue()

  private constructor(
    private readonly checkpoints: Checkpoints,
    private readonly stream: string,
    private readonly holder: string,
    private position: Position,
    private revision: number,
  ) {}

  /** Takes what another exporter has let go or has not touched since `seen` was read; undefined: somebody was faster. */
  static async take(
    checkpoints: Checkpoints,
    stream: string,
    holder: string,
    seen: StoredCheckpoint | undefined,
    start: Position,
  ): Promise<Claim | undefined> {
    const position = seen ? { epoch: seen.epoch, seq: seen.seq } : start
    const revision = await checkpoints.put(stream, position, holder, seen?.revision ?? 0)
    return revision === undefined ? undefined : new Claim(checkpoints, stream, holder, position, revision)
  }

  get at(): Position {
    return this.position
  }

  /** Everything up to `seq` has arrived. Errors: `Outrun`. */
  advance(seq: number): Promise<void> {
    return this.#write({ ...this.position, seq }, this.holder)
  }

  /** Tells the others that this exporter lives. Errors: `Outrun`. */
  renew(): Promise<void> {
    return this.#write(this.position, this.holder)
  }

  /** Lets another exporter go on at once. */
  async release(): Promise<void> {
    await this.#write(this.position, '').catch((error: unknown) => {
      // Somebody else has it already.
      if (!(error instanceof Outrun)) throw error
    })
  }

  /**
   * Called after being outrun: what this exporter sent last may have come after newer records of the other one, and an older wording must
   * not stay the newest. So everything from here on is sent again, by whoever has the checkpoint.
   */
  async sendAgain(): Promise<void> {
    for (;;) {
      const present = await this.checkpoints.get(this.stream)
      if (!present || present.epoch !== this.position.epoch || present.seq <= this.position.seq) return
      const { holder, revision } = present
      if ((await this.checkpoints.put(this.stream, this.position, holder, revision)) !== undefined) return
    }
  }

  /** One at a time: each write depends on the revision of the one before. */
  #write(position: Position, holder: string): Promise<void> {
    return this.#writes.run(this.stream, async () => {
      const revision = await this.checkpoints.put(this.stream, position, holder, this.revision)
      if (revision === undefined) throw new Outrun(`another exporter has ${this.stream}`)
      this.revision = revision
      this.position = position
    })
  }
}
