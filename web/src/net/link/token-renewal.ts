import type { ClientLog } from '../../diagnostics/client-log.js'
import { Alarm, type Clock } from '../../time/clock.js'
import type { Tokens } from './link-ports.js'

/** Less than the margin in which a token is refreshed before use. */
const RENEW_BEFORE_MS = 50_000
/** A token that has expired already is renewed no sooner than this. */
const SOONEST_MS = 1_000

export interface RenewalParts {
  readonly clock: Clock
  readonly tokens: Tokens
  readonly log: Pick<ClientLog, 'error'>
  /** Sends the new token over the connection. */
  send(accessToken: string): void
}

/** Sends a new access token before the old one expires, so that the gateway keeps the connection open. */
export class TokenRenewal {
  readonly #alarm: Alarm
  /** Of the connection: a token that arrives after its end is not sent on the next one. */
  #turn = 0

  constructor(private readonly parts: RenewalParts) {
    this.#alarm = new Alarm(parts.clock)
  }

  /** The connection is ready. */
  start(): void {
    this.#turn++
    this.#plan()
  }

  stop(): void {
    this.#turn++
    this.#alarm.clear()
  }

  #plan(): void {
    const { clock, tokens } = this.parts
    const leftMs = tokens.expiresAt() - clock.now() - RENEW_BEFORE_MS
    this.#alarm.set(Math.max(leftMs, SOONEST_MS), () => void this.#renew())
  }

  async #renew(): Promise<void> {
    const turn = this.#turn
    const { tokens, log, send } = this.parts
    // Without a new token the gateway closes with TOKEN_EXPIRED, and the next attempt gets one.
    const token = await tokens
      .access()
      .catch((error: unknown) => void log.error('gateway-link.token', error, 'HANDLED_ERROR'))
    if (token === undefined || turn !== this.#turn) return
    send(token)
    this.#plan()
  }
}
