import { unlessOutrun, whenAnswered } from '@beseda/event-log'
import { SESSIONS_BUCKET } from '@beseda/proto'
import { type KV, Kvm } from '@nats-io/kv'
import type { NatsConnection } from '@nats-io/nats-core'
import type { LetterSlots } from '../../application/email/ports.js'

/** Slots in the bucket of sessions, with which they expire, long after the day that they are for. */
export class LetterSlotBucket implements LetterSlots {
  private constructor(private readonly kv: KV) {}

  static async open(nc: NatsConnection): Promise<LetterSlotBucket> {
    return new LetterSlotBucket(await whenAnswered(() => new Kvm(nc).open(SESSIONS_BUCKET)))
  }

  async take(slot: string, letterId: string): Promise<boolean> {
    const key = `letters.${slot}`
    if (await unlessOutrun(() => this.kv.create(key, letterId))) return true
    return (await this.kv.get(key))?.string() === letterId
  }
}
