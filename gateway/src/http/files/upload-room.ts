import { Refusal } from '@beseda/kernel'
import type { BlobStore } from '@beseda/platform'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { Gauge, type Registry } from 'prom-client'
import type { SharedLimits } from '../../requests/shared-limits.js'

const MINUTES_A_DAY = 24 * 60

export interface UploadBounds {
  /** Of the budget. */
  readonly name: string
  /** What one person may upload in a day, bytes. */
  readonly perDayBytes: number
  /** What all files may take, bytes; undefined: whatever the store has. */
  readonly allBytes: number | undefined
}

/**
 * Keeps uploads from filling the disk on which the log is. A person has a budget that fills up over a day, together at all gateways; all files
 * together have a bound. Exact but for what other gateways are storing at the same moment.
 */
export class UploadRoom {
  /** Bytes that this gateway is storing. */
  #flying = 0

  constructor(
    private readonly blobs: Pick<BlobStore, 'bytes'>,
    private readonly shared: Pick<SharedLimits, 'take'>,
    private readonly bounds: UploadBounds,
  ) {}

  /**
   * Does `store`, which stores at most `bytes`, where `beside` is free as well: what will be made of them. Errors: NO_ROOM, UPLOADS_USED_UP, and
   * those of `store`.
   */
  async during<T>(userId: string, bytes: number, store: () => Promise<T>, beside = 0): Promise<T> {
    // Of two that together are too much, the second is refused.
    const wanted = this.#flying + bytes
    this.#flying = wanted
    try {
      await this.#assertRoom(wanted + beside)
      await this.#assertBudget(userId, bytes)
      return await store()
    } finally {
      this.#flying -= bytes
    }
  }

  /** `wanted`: bytes that are on their way, with those of this upload and of what it becomes. */
  async #assertRoom(wanted: number): Promise<void> {
    const { allBytes } = this.bounds
    if (allBytes === undefined) return
    const stored = await this.blobs.bytes()
    if (stored !== undefined && stored + wanted > allBytes) throw new Refusal(ErrorReason.NO_ROOM)
  }

  async #assertBudget(userId: string, bytes: number): Promise<void> {
    const { name, perDayBytes } = this.bounds
    const rate = { burst: perDayBytes, perMinute: perDayBytes / MINUTES_A_DAY }
    const waitMs = await this.shared.take(`${userId}:${name}`, rate, bytes)
    if (waitMs > 0) throw new Refusal(ErrorReason.UPLOADS_USED_UP, { limit: String(perDayBytes) }, waitMs)
  }
}

/** What files take, and what they may take at most, when Prometheus asks. Without a bound there is neither. */
export function observeFiles(registry: Registry, blobs: Pick<BlobStore, 'bytes'>, allBytes: number | undefined): void {
  if (allBytes === undefined) return
  const registers = [registry]
  new Gauge({
    name: 'beseda_gateway_files_limit_bytes',
    help: 'Bytes that all files may take (FILES_MAX_GB).',
    registers,
  }).set(allBytes)
  new Gauge({
    name: 'beseda_gateway_files_bytes',
    help: 'Bytes that all files take in the object store of JetStream.',
    registers,
    async collect() {
      // A bus that does not answer has no figures; its own alert says that it is down.
      const bytes = await blobs.bytes().catch(() => undefined)
      if (bytes !== undefined) this.set(bytes)
    },
  })
}
