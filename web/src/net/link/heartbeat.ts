import { Alarm, type Clock } from '../../time/clock.js'

/** A connection is dead when nothing arrives for this long after a Ping. */
const SILENCE_MS = 10_000

interface HeartbeatListener {
  ping(): void
  /** Nothing has arrived since the ping. */
  silent(): void
}

/** Sends a Ping on a silent connection, and reports a missing answer. */
export class Heartbeat {
  /** Silence before a Ping; set by the gateway (`Ready.ping_interval_ms`). */
  intervalMs = 20_000
  readonly #alarm: Alarm

  constructor(
    clock: Clock,
    private readonly listener: HeartbeatListener,
  ) {
    this.#alarm = new Alarm(clock)
  }

  /** A frame was sent or received. */
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
