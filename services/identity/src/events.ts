import type { Platform } from '@beseda/platform'
import { Counter } from 'prom-client'

/** What the business wants to know of accounts: one line in the log and one metric each. */
export class IdentityEvents {
  readonly #registrations: Counter
  readonly #signIns: Counter<'result'>

  constructor(private readonly platform: Platform) {
    const registers = [platform.metrics]
    this.#registrations = new Counter({ name: 'beseda_registrations_total', help: 'Accounts made.', registers })
    this.#signIns = new Counter({
      name: 'beseda_sign_ins_total',
      help: 'Attempts to sign in.',
      labelNames: ['result'],
      registers,
    })
  }

  registered(userId: string): void {
    this.#registrations.inc()
    this.platform.logger.info({ userId }, 'registered')
  }

  deleted(userId: string): void {
    this.platform.logger.info({ userId }, 'account deleted')
  }

  signedIn(userId: string): void {
    this.#signIns.inc({ result: 'ok' })
    this.platform.logger.info({ userId }, 'signed in')
  }

  signInRefused(): void {
    this.#signIns.inc({ result: 'refused' })
  }
}
