/**
 * The longest time for which a frame waits to be written together with others. Longer: fewer writes for each socket, and up to so much more
 * delay on a busy gateway; shorter: a write for almost every frame. docs/performance.md has the figures.
 */
const WINDOW_MS = 8
/** Writes to sockets within {@link WINDOW_MS}, above which the gateway counts as busy: some tenths of a millisecond of a core. */
const AT_ONCE = 100

/** What a room needs to send to the sockets that follow a topic. */
export interface Topics {
  /** To every socket that follows the topic, soon. `sockets`: how many these are. */
  publish(topic: string, frame: Uint8Array, sockets: number): void
  /**
   * Sends now what waits. To be called before a socket begins or ceases to follow the topic, and before it gets anything else that belongs
   * after what was published.
   */
  flush(topic: string): void
}

export interface GatherParts {
  /** To every socket that follows the topic, now. What is published in one turn goes to each socket with one write. */
  publish(topic: string, frame: Uint8Array): void
  /** Milliseconds of a monotonic clock. */
  now(): number
  after(ms: number, work: () => void): void
}

/**
 * Writes of a busy gateway, gathered (ADR 66). A write to a socket costs the same for one frame as for ten. A gateway that has little to
 * do sends each frame at once. When it has written to many sockets lately, the next frame waits for {@link WINDOW_MS}, and whatever is published
 * meanwhile goes out with it. Frames of one topic keep their order.
 */
export class Gather implements Topics {
  readonly #waiting = new Map<string, { readonly frames: Uint8Array[]; readonly sockets: number }>()
  #windowEnds = Number.NEGATIVE_INFINITY
  /** Writes in this window. */
  #writes = 0
  #isTimed = false

  constructor(private readonly parts: GatherParts) {}

  publish(topic: string, frame: Uint8Array, sockets: number): void {
    const waiting = this.#waiting.get(topic)
    if (waiting) {
      waiting.frames.push(frame)
      return
    }
    const now = this.parts.now()
    if (this.#waiting.size === 0 && this.#isQuiet(now)) {
      this.#writes += sockets
      this.parts.publish(topic, frame)
      return
    }
    this.#waiting.set(topic, { frames: [frame], sockets })
    if (this.#isTimed) return
    this.#isTimed = true
    this.parts.after(WINDOW_MS, () => this.#send())
  }

  flush(topic: string): void {
    const waiting = this.#waiting.get(topic)
    if (!waiting) return
    this.#waiting.delete(topic)
    this.#writes += waiting.sockets
    for (const frame of waiting.frames) this.parts.publish(topic, frame)
  }

  /** Few writes were made lately. */
  #isQuiet(now: number): boolean {
    if (now >= this.#windowEnds) this.#beginWindow(now)
    return this.#writes < AT_ONCE
  }

  #beginWindow(now: number): void {
    this.#windowEnds = now + WINDOW_MS
    this.#writes = 0
  }

  #send(): void {
    this.#isTimed = false
    this.#beginWindow(this.parts.now())
    for (const topic of [...this.#waiting.keys()]) this.flush(topic)
  }
}
