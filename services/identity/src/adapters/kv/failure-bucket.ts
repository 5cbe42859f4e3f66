import { storing, unlessOutrun, whenAnswered } from '@beseda/event-log'
import { SESSIONS_BUCKET } from '@beseda/proto'
import { type KV, Kvm } from '@nats-io/kv'
import type { NatsConnection } from '@nats-io/nats-core'
import type { FailureStore } from '../../application/sign-in/ports.js'
import type { Failures } from '../../domain/sign-in/throttle.js'

/** Counts of wrong passwords in the bucket of sessions, with which they expire. */
export class FailureBucket implements FailureStore {
  private constructor(private readonly kv: KV) {}

  static async open(nc: NatsConnection): Promise<FailureBucket> {
    return new FailureBucket(await whenAnswered(() => new Kvm(nc).open(SESSIONS_BUCKET)))
  }

  /** A deleted key has a revision, too, which the next write has to name. */
  async get(userId: string) {
    const entry = await this.kv.get(keyOf(userId))
    if (!entry) return undefined
    const failures = entry.operation === 'PUT' ? entry.json<Failures>() : { count: 0, at: 0 }
    return { failures, revision: entry.revision }
  }

  put(userId: string, failures: Failures, revision: number): Promise<boolean> {
    const [key, text] = [keyOf(userId), JSON.stringify(failures)]
    return unlessOutrun(() =>
      storing(() => (revision > 0 ? this.kv.update(key, text, revision) : this.kv.create(key, text))),
    )
  }

  async delete(userId: string): Promise<void> {
    await this.kv.delete(keyOf(userId))
  }
}

const keyOf = (userId: string): string => `failures.${userId}`
