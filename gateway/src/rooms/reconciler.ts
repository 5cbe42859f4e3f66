import { type EventStore, LogUnavailable } from '@beseda/event-log'
import { historyStream } from '@beseda/proto'
import type { GroupLog } from './group-log.js'
import type { Rooms } from './rooms.js'

/**
 * Interval of the comparisons of the log with what has come from the bus. Larger: what the bus lost in a quiet group is noticed later;
 * smaller: more reads, some for each partition and each 200 rooms.
 */
const ROUND_MS = 5_000
/** Rooms compared at once. More: the messages of that moment wait longer; fewer: more requests, one after another. */
const SLICE = 200

/** The sequence up to which a stream was compared, and the epoch of that stream. */
interface Compared {
  readonly epoch: string
  readonly seq: number
}

export interface ReconcilerOptions {
  readonly partitionCount: number
  /** A stream was replaced: nothing that was sent is valid any more. */
  onNewEpoch(): void
  /** The log does not answer, after all retries of its adapter (10 s): this gateway is cut off from it. */
  onLost(): void
  onFailure(error: unknown): void
}

/**
 * The bus delivers at most once and need not notice a loss: a link between its servers can be cut while ours holds. A lost commit is noticed
 * with the next one of its lane; the reconciler finds it where no other commit comes.
 */
export class Reconciler {
  readonly #compared = new Map<number, Compared>()
  #running: Promise<void> | undefined
  #timer: NodeJS.Timeout | undefined
  #lost = false

  constructor(
    private readonly store: EventStore,
    private readonly log: GroupLog,
    private readonly rooms: Rooms,
    private readonly options: ReconcilerOptions,
  ) {}

  start(): void {
    this.#timer = setInterval(() => void this.round(), ROUND_MS)
    void this.round()
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  /** The log answered the last round. */
  get answered(): boolean {
    return !this.#lost
  }

  /** Compares once. A call during a round waits for that round. Never rejects. */
  round(): Promise<void> {
    this.#running ??= this.#compare()
      .then(
        () => {
          this.#lost = false
        },
        (error: unknown) => this.#failed(error),
      )
      .finally(() => {
        this.#running = undefined
      })
    return this.#running
  }

  #failed(error: unknown): void {
    this.options.onFailure(error)
    if (this.#lost || !(error instanceof LogUnavailable)) return
    this.#lost = true
    this.options.onLost()
  }

  async #compare(): Promise<void> {
    const partitions = Array.from({ length: this.options.partitionCount }, (_, partition) => partition)
    const infos = await Promise.all(partitions.map((partition) => this.store.info(historyStream(partition))))
    const before = partitions.map((partition) => this.#compared.get(partition))
    for (const [partition, { epoch, lastSeq }] of infos.entries()) {
      this.#compared.set(partition, { epoch, seq: lastSeq })
    }
    if (infos.some(({ epoch }, partition) => before[partition] && before[partition]?.epoch !== epoch)) {
      this.log.forgetEpochs()
      this.options.onNewEpoch()
      return
    }
    const grown = new Set(partitions.filter((p) => before[p] && (infos[p]?.lastSeq ?? 0) > (before[p]?.seq ?? 0)))
    if (grown.size === 0) return
    try {
      await this.#deliver(grown, (partition) => before[partition]?.seq ?? 0)
    } catch (error) {
      // The next round compares these partitions again.
      for (const partition of grown) {
        const compared = before[partition]
        if (compared) this.#compared.set(partition, compared)
      }
      throw error
    }
  }

  /** Lets new members in, and has rooms deliver what they lack. */
  async #deliver(partitions: ReadonlySet<number>, afterSeq: (partition: number) => number): Promise<void> {
    for (const partition of partitions) {
      for (const commit of await this.log.rosters(partition, afterSeq(partition))) this.rooms.membersChanged(commit)
    }
    const open = Map.groupBy(this.rooms.groupIds, (groupId) => this.log.partition(groupId))
    for (const partition of partitions)
      await this.#compareRooms(partition, open.get(partition) ?? [], afterSeq(partition))
  }

  /** Only rooms in which something has happened are looked at, and few at a time: messages do not wait for thousands of rooms. */
  async #compareRooms(partition: number, groupIds: readonly string[], afterSeq: number): Promise<void> {
    for (let from = 0; from < groupIds.length; from += SLICE) {
      const slice = groupIds.slice(from, from + SLICE)
      await this.rooms.catchUp(await this.log.headsAfter(partition, slice, afterSeq))
    }
  }
}
