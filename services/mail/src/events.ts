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
    backlog: () => Promise<Backlog>,
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
      help: 'Age of the oldest letter that waits; 0 without one.',
      registers: [registry],
    })
    new Gauge({
      name: 'beseda_mail_queue_letters',
      help: 'Letters that wait to be sent.',
      registers: [registry],
      async collect() {
        const { letters, ageS } = await backlog()
        this.set(letters)
        age.set(ageS)
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
