import { ENVIRONMENT, LOGGER, NATS, provide, type ServiceModule, TRANSPORT } from '@beseda/platform'
import { Module, type OnModuleDestroy } from '@nestjs/common'
import { Registry } from 'prom-client'
import { QueueBacklog } from './adapters/backlog.js'
import { LetterQueue } from './adapters/letter-queue.js'
import { RemoteRecipients } from './adapters/remote-recipients.js'
import { SmtpPostman } from './adapters/smtp-postman.js'
import { AT_ONCE, Deliveries } from './application/deliveries.js'
import { Delivery } from './application/delivery.js'
import { MailObserver, Postman, Recipients } from './application/ports.js'
import { MailConfig, readMailConfig } from './config.js'
import { waitAfter } from './domain/patience.js'
import { MailEvents } from './events.js'

@Module({
  providers: [
    provide(MailConfig, [ENVIRONMENT], readMailConfig),
    provide(Recipients, [TRANSPORT, MailConfig], (rpc, config) => new RemoteRecipients(rpc, config)),
    provide(Postman, [MailConfig], ({ smtpUrl, from, replyTo }) => new SmtpPostman({ url: smtpUrl, from, replyTo })),
    provide(MailObserver, [Registry, LOGGER, NATS], async (registry, logger, nats) => {
      const backlog = await QueueBacklog.open(nats)
      return new MailEvents(registry, logger, (queue) => backlog.read(queue))
    }),
    provide(
      Deliveries,
      [NATS, Recipients, Postman, MailObserver, MailConfig],
      (nats, recipients, postman, observer, { publicUrl }) => {
        const deps = { recipients, postman, observer, publicUrl, now: Date.now, waitAfter }
        return new Deliveries((queue) => {
          return new Delivery({ ...deps, queue: new LetterQueue(nats, queue), atOnce: AT_ONCE[queue] })
        })
      },
    ),
  ],
})
export class MailModule implements OnModuleDestroy {
  readonly #stop = new AbortController()
  readonly #running: Promise<void>

  constructor(deliveries: Deliveries) {
    this.#running = deliveries.run(this.#stop.signal)
  }

  /** Letters that are being sent are finished. */
  async onModuleDestroy(): Promise<void> {
    this.#stop.abort()
    await this.#running
  }
}

export const mailService: ServiceModule = { name: 'mail', module: MailModule }
