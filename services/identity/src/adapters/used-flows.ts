import { whenAnswered } from '@beseda/event-log'
import { SESSIONS_BUCKET } from '@beseda/proto'
import { Kvm } from '@nats-io/kv'
import type { NatsConnection } from '@nats-io/nats-core'
import type { UsedFlows } from '../application/passkeys.js'

/** Sign-ins that were finished, in the bucket of sessions: they are forgotten with it, long after they could be used again. */
export async function openUsedFlows(nats: NatsConnection): Promise<UsedFlows> {
  const kv = await whenAnswered(() => new Kvm(nats).open(SESSIONS_BUCKET))
  return {
    async use(id) {
      try {
        await kv.create(`used.${id}`, '')
        return true
      } catch (error) {
        if (error instanceof Error && /wrong last sequence|key exists/i.test(error.message)) return false
        throw error
      }
    },
  }
}
