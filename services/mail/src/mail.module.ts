import { ENVIRONMENT, LOGGER, NATS, provide, type ServiceModule, TRANSPORT } from '@beseda/platform'
import { Module, type OnModuleDestroy } from '@nestjs/common'
import { Registry } from 'prom-client'
import { QueueBacklog } from './adapters/backlog.js'
import { LetterQueue } from './adapters/letter-queue.js'
import { RemoteRecipients } from './adapters/remote-recipients.js'
import { SmtpPostman } from './adapters/smtp-postman.js'
import { Delivery } from './application/delivery.js'
import { MailObserver, Postman, Queue, Recipients } from './application/ports.js'
import { MailConfig, readMailConfig } from './config.js'
import { waitAfter } from './domain/patience.js'
import { MailEvents } from './events.js'

@Module({
  providers: [
    provide(MailConfig, [ENVIRONMENT], readMailConfig),
    provide(Queue, [NATS], (nats) => new LetterQueue(nats)),
    provide(Recipients, [TRANSPORT], (rpc) => new RemoteRecipients(rpc)),
    provide(Postman, [MailConfig], ({ smtpUrl, from, replyTo }) => new SmtpPostman({ url: smtpUrl, from, replyTo })),
    provide(MailObserver, [Registry, LOGGER, NATS], async (registry, logger, nats) => {
      const backlog = await QueueBacklog.open(nats)
      return new MailEvents(registry, logger, () => backlog.read())
    }),
    provide(
      Delivery,
      [Queue, Recipients, Postman, MailObserver, MailConfig],
      (queue, recipients, postman, observer, { publicUrl }) =>
        new Delivery({ queue, recipients, postman, observer, publicUrl, now: Date.now, waitAfter }),
    ),
  ],
})
export class MailModule implements OnModuleDestroy {
  readonly #stop = new AbortController()
  readonly #running: Promise<void>

  constructor(delivery: Delivery) {
    this.#running = delivery.run(this.#stop.signal)
  }

  /** Letters that are being sent are finished. */
  async onModuleDestroy(): Promise<void> {
    this.#stop.abort()
    await this.#running
  }
}

export const mailService: ServiceModule = { name: 'mail', module: MailModule }
