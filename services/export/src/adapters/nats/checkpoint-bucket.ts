import { unlessOutrun, whenAnswered } from '@beseda/event-log'
import { EXPORT_BUCKET } from '@beseda/proto'
import { type KV, Kvm } from '@nats-io/kv'
import type { NatsConnection } from '@nats-io/transport-node'
import type { Checkpoints, Position, StoredCheckpoint } from '../../application/ports.js'

type Stored = Position & { readonly holder: string }

/** Checkpoints in a JetStream key-value bucket, key `<sink>/<stream>`. */
export class CheckpointBucket implements Checkpoints {
  private constructor(
    private readonly kv: KV,
    private readonly sink: string,
  ) {}

  static async open(nc: NatsConnection, sink: string): Promise<CheckpointBucket> {
    return new CheckpointBucket(await whenAnswered(() => new Kvm(nc).open(EXPORT_BUCKET)), sink)
  }

  async get(stream: string): Promise<StoredCheckpoint | undefined> {
    const entry = await this.kv.get(`${this.sink}/${stream}`)
    return entry ? { ...entry.json<Stored>(), revision: entry.revision } : undefined
  }

  async put(stream: string, position: Position, holder: string, revision: number): Promise<number | undefined> {
    const key = `${this.sink}/${stream}`
    const text = JSON.stringify({ ...position, holder } satisfies Stored)
    let written: number | undefined
    await unlessOutrun(async () => {
      written = await (revision === 0 ? this.kv.create(key, text) : this.kv.update(key, text, revision))
    })
    return written
  }
}
