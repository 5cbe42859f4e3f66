import { MAIL_CONSUMER, MAIL_QUEUES, type MailQueueName } from '@beseda/proto'
import { type JetStreamManager, jetstreamManager } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/nats-core'
import type { Backlog } from '../events.js'

/** What waits in a queue; nothing while the bus does not answer. */
export class QueueBacklog {
  private constructor(private readonly manager: JetStreamManager) {}

  static async open(nats: NatsConnection): Promise<QueueBacklog> {
    return new QueueBacklog(await jetstreamManager(nats, { checkAPI: false }))
  }

  async read(queue: MailQueueName): Promise<Backlog> {
    try {
      const { num_pending, num_ack_pending } = await this.manager.consumers.info(
        MAIL_QUEUES[queue].stream,
        MAIL_CONSUMER,
      )
      const letters = num_pending + num_ack_pending
      return { letters, ageS: letters === 0 ? 0 : await this.#age(queue) }
    } catch {
      // A metric does not fail the others: that the bus does not answer has one of its own.
      return { letters: 0, ageS: 0 }
    }
  }

  async #age(queue: MailQueueName): Promise<number> {
    const { stream, subject } = MAIL_QUEUES[queue]
    const first = { seq: 1, next_by_subj: subject }
    const oldest = await this.manager.streams.getMessage(stream, first)
    return oldest ? Math.max(0, (Date.now() - oldest.time.getTime()) / 1_000) : 0
  }
}
