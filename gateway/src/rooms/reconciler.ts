import { type EventStore, LogUnavailable } from '@beseda/event-log'
import { historyStream } from '@beseda/proto'
import type { GroupLog } from './group-log.js'
import type { Rooms } from './rooms.js'

/**
 * How often the log is compared with what has come from the bus. Longer: what the bus lost in a quiet group is seen later;
 * shorter: more questions, some per partition and 200 rooms.
 */
const ROUND_MS = 5_000

/** How far a stream was compared, and which one it was. */
interface Place {
  readonly epoch: string
  readonly seq: number
}

/**
 * The bus delivers at most once, and need not say that it has not: between its servers a link can be cut while ours
 * holds. What was lost is found by the next commit of the group; this finds it where no other commit comes.
 */
export class Reconciler {
  readonly #places = new Map<number, Place>()
  #running: Promise<void> | undefined
  #timer: NodeJS.Timeout | undefined
  #lost = false

  constructor(
    private readonly store: EventStore,
    private readonly log: GroupLog,
    private readonly rooms: Rooms,
    private readonly options: {
      readonly partitionCount: number
      /** A stream is another one than before: nothing that was sent counts any more. */
      onNewEpoch(): void
      /** The log does not answer, after all patience of its adapter (10 s): this gateway is cut off from it. */
      onLost(): void
      onFailure(error: unknown): void
    },
  ) {}

  start(): void {
    this.#timer = setInterval(() => void this.round(), ROUND_MS)
    void this.round()
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  /** The log has answered when it was asked last. */
  get answered(): boolean {
    return !this.#lost
  }

  /** One comparison; asked for during one, that one counts. Never rejects. */
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
    const known = partitions.map((partition) => this.#places.get(partition))
    for (const [partition, { epoch, lastSeq }] of infos.entries()) {
      this.#places.set(partition, { epoch, seq: lastSeq })
    }
    if (infos.some(({ epoch }, partition) => known[partition] && known[partition]?.epoch !== epoch)) {
      this.log.forgetEpochs()
      this.options.onNewEpoch()
      return
    }
    const moved = new Set(partitions.filter((p) => known[p] && (infos[p]?.lastSeq ?? 0) > (known[p]?.seq ?? 0)))
    if (moved.size === 0) return
    try {
      for (const partition of moved) {
        for (const commit of await this.log.rosters(partition, known[partition]?.seq ?? 0)) {
          this.rooms.membersChanged(commit)
        }
      }
      const open = this.rooms.groupIds.filter((groupId) => moved.has(this.log.partition(groupId)))
      await this.rooms.catchUp(await this.log.heads(open))
    } catch (error) {
      // What was not compared is compared in the next round.
      for (const partition of moved) {
        const place = known[partition]
        if (place) this.#places.set(partition, place)
      }
      throw error
    }
  }
}
