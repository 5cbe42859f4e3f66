import { Alarm, type Clock } from '../../time/clock.js'

/** A connection on which nothing came for this long after a Ping is dead. */
const SILENCE_MS = 10_000

interface HeartbeatListener {
  ping(): void
  /** Nothing has come since the ping. */
  silent(): void
}

/** Sends a Ping on a connection that is silent, and tells when there is no answer. */
export class Heartbeat {
  /** Silence before a Ping; the gateway says how long (`Ready.ping_interval_ms`). */
  intervalMs = 20_000
  readonly #alarm: Alarm

  constructor(
    clock: Clock,
    private readonly listener: HeartbeatListener,
  ) {
    this.#alarm = new Alarm(clock)
  }

  /** A frame came or went. */
  beat(): void {
    this.#alarm.set(this.intervalMs, () => {
      this.listener.ping()
      this.#alarm.set(SILENCE_MS, () => this.listener.silent())
    })
  }

  stop(): void {
    this.#alarm.clear()
  }
}
