import { MAIL_QUEUES, type MailQueueName } from '@beseda/proto'
import type { Delivery } from './delivery.js'

/**
 * Letters of each queue that are sent at the same time. More: connections that small SMTP servers refuse; fewer: a hanging server holds up the
 * others. Neither queue takes a turn of the other: a flood of the one kind delays the other by no letter of its own.
 */
export const AT_ONCE: Readonly<Record<MailQueueName, number>> = { account: 4, other: 2 }

/** Works off all queues side by side. */
export class Deliveries {
  readonly #all: readonly Pick<Delivery, 'run'>[]

  constructor(deliveryOf: (queue: MailQueueName) => Pick<Delivery, 'run'>) {
    this.#all = (Object.keys(MAIL_QUEUES) as MailQueueName[]).map(deliveryOf)
  }

  /** Until the signal aborts; letters that are being sent then are finished. */
  async run(signal: AbortSignal): Promise<void> {
    await Promise.all(this.#all.map((one) => one.run(signal)))
  }
}
