import { MAIL_QUEUES, type MailQueueName } from '@beseda/proto'
import type { Letter } from '@beseda/proto/mail/v1/letter'
import { LetterKind } from '@beseda/proto/mail/v1/letter'
import type { Logger } from 'pino'
import { Counter, Gauge, type Registry } from 'prom-client'
import { type Fate, MailObserver } from './application/ports.js'

/** What waits in the queue. */
export interface Backlog {
  readonly letters: number
  /** Of the oldest letter, seconds. */
  readonly ageS: number
}

/** Metrics and log lines of letters. Addresses stand in neither. */
export class MailEvents extends MailObserver {
  readonly #letters: Counter<'kind' | 'result'>

  constructor(
    registry: Registry,
    private readonly logger: Logger,
    backlog: (queue: MailQueueName) => Promise<Backlog>,
  ) {
    super()
    this.#letters = new Counter({
      name: 'beseda_mail_letters_total',
      help: 'Letters by kind and result: sent, refused (by the SMTP server, for good), late or needless (not sent), failed (sent again later).',
      labelNames: ['kind', 'result'],
      registers: [registry],
    })
    const age = new Gauge({
      name: 'beseda_mail_queue_age_seconds',
      help: 'Age of the oldest letter that waits, by queue; 0 without one.',
      labelNames: ['queue'],
      registers: [registry],
    })
    new Gauge({
      name: 'beseda_mail_queue_letters',
      help: 'Letters that wait to be sent, by queue: about accounts and sign-ins (account), or not (other).',
      labelNames: ['queue'],
      registers: [registry],
      async collect() {
        for (const queue of Object.keys(MAIL_QUEUES) as MailQueueName[]) {
          const { letters, ageS } = await backlog(queue)
          this.set({ queue }, letters)
          age.set({ queue }, ageS)
        }
      },
    })
  }

  letter({ id, kind }: Letter, fate: Fate, error?: unknown): void {
    const name = (LetterKind[kind] ?? 'unknown').toLowerCase()
    this.#letters.inc({ kind: name, result: fate })
    if (fate === 'failed' || fate === 'refused')
      this.logger.warn({ letter: id, kind: name, reason: reasonOf(error) }, `letter ${fate}`)
    else this.logger.info({ letter: id, kind: name }, `letter ${fate}`)
  }

  interrupted(error: unknown): void {
    this.logger.warn({ err: error }, 'letters cannot be taken from the queue')
  }
}

/** What nodemailer says of an error, without the server's own words, in which the address may stand. */
function reasonOf(error: unknown): object {
  const { name, code, responseCode, command, cause } = error as Error & {
    code?: string
    responseCode?: number
    command?: string
  }
  return cause instanceof Error ? reasonOf(cause) : { name, code, responseCode, command }
}
