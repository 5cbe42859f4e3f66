import type { Platform } from '@beseda/platform'
import { Counter, type Registry } from 'prom-client'

/** Business events of accounts: each a line in the log, and most a metric. */
export class IdentityEvents {
  readonly #registrations: Counter
  readonly #signIns: Counter<'result'>

  constructor(
    private readonly logger: Platform['logger'],
    metrics: Registry,
  ) {
    const registers = [metrics]
    this.#registrations = new Counter({
      name: 'beseda_registrations_total',
      help: 'Accounts registered.',
      registers,
    })
    this.#signIns = new Counter({
      name: 'beseda_sign_ins_total',
      help: 'Sign-in attempts, by result.',
      labelNames: ['result'],
      registers,
    })
  }

  registered(userId: string): void {
    this.#registrations.inc()
    this.logger.info({ userId }, 'account registered')
  }

  deleted(userId: string): void {
    this.logger.info({ userId }, 'account deleted')
  }

  signedIn(userId: string): void {
    this.#signIns.inc({ result: 'ok' })
    this.logger.info({ userId }, 'signed in')
  }

  signInRefused(): void {
    this.#signIns.inc({ result: 'refused' })
  }

  /** The one line in which the founder's code stands. */
  founderWanted(address: string): void {
    this.logger.info(`no account yet: whoever opens ${address} makes the first one and administers the installation`)
  }

  /** A provider or a passkey did not prove who the person is. */
  proofFailed(error: unknown): void {
    this.logger.warn({ err: error }, 'sign-in failed')
  }

  /** Keys of devices without a session stay listed. */
  keysLeft(error: unknown): void {
    this.logger.warn({ err: error }, 'the keys of signed-out devices were not removed')
  }

  /** A person is not told of a new device, or of a change of what they sign in with. */
  letterNotQueued(error: unknown): void {
    this.logger.warn({ err: error }, 'a letter about the sign-in was not queued')
  }

  /** A name in ADMINS makes nobody an administrator. */
  idleAdministratorName(username: string): void {
    this.logger.warn({ username }, 'ADMINS names no account that existed before; appoint it with tools/admin')
  }
}
