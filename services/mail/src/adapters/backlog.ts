import { LETTER_SUBJECT, MAIL_CONSUMER, MAIL_STREAM } from '@beseda/proto'
import { type JetStreamManager, jetstreamManager } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/nats-core'
import type { Backlog } from '../events.js'

/** What waits in the queue; nothing while the bus does not answer. */
export class QueueBacklog {
  private constructor(private readonly manager: JetStreamManager) {}

  static async open(nats: NatsConnection): Promise<QueueBacklog> {
    return new QueueBacklog(await jetstreamManager(nats, { checkAPI: false }))
  }

  async read(): Promise<Backlog> {
    try {
      const { num_pending, num_ack_pending } = await this.manager.consumers.info(MAIL_STREAM, MAIL_CONSUMER)
      const letters = num_pending + num_ack_pending
      return { letters, ageS: letters === 0 ? 0 : await this.#age() }
    } catch {
      // A metric does not fail the others: that the bus does not answer has one of its own.
      return { letters: 0, ageS: 0 }
    }
  }

  async #age(): Promise<number> {
    const first = { seq: 1, next_by_subj: LETTER_SUBJECT }
    const oldest = await this.manager.streams.getMessage(MAIL_STREAM, first)
    return oldest ? Math.max(0, (Date.now() - oldest.time.getTime()) / 1_000) : 0
  }
}
