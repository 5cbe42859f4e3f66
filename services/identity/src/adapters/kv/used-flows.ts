import { unlessOutrun, whenAnswered } from '@beseda/event-log'
import { SESSIONS_BUCKET } from '@beseda/proto'
import { type KV, Kvm } from '@nats-io/kv'
import type { NatsConnection } from '@nats-io/nats-core'
import type { UsedFlows } from '../../application/passkeys/ports.js'

/** Finished flows in the bucket of sessions, with which they expire, long after they could be used again. */
export class UsedFlowBucket implements UsedFlows {
  private constructor(private readonly kv: KV) {}

  static async open(nc: NatsConnection): Promise<UsedFlowBucket> {
    return new UsedFlowBucket(await whenAnswered(() => new Kvm(nc).open(SESSIONS_BUCKET)))
  }

  async use(id: string, by = ''): Promise<boolean> {
    const key = `used.${id}`
    if (await unlessOutrun(() => this.kv.create(key, by))) return true
    return by !== '' && (await this.kv.get(key))?.string() === by
  }
}
