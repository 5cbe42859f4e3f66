import type { WebSocket } from 'uWebSockets.js'

/** Unsent bytes above which a replay waits for the reader. */
const LOW_WATER = 64 * 1024

/** The transport below a connection. */
export interface Wire {
  readonly address: string
  /** False: the frame was dropped, because too much is unsent already. */
  send(frame: Uint8Array): boolean
  /** What is sent meanwhile goes out with one write. */
  together(work: () => void): void
  follow(topic: string): void
  unfollow(topic: string): void
  buffered(): number
  /** Resolves when little is unsent or the socket is gone. Undefined: little is unsent now. */
  drained(): Promise<void> | undefined
  /** Unix ms at which a reader that is being waited for last read something; infinity: nobody waits. */
  waitsSince(): number
  end(code: number, reason: string): void
  /** Closes without a close frame, which a reader that does not read would not get. */
  cut(): void
}

/** A uWebSockets.js socket, which throws when it is touched after its close. */
export class SocketWire<Data> implements Wire {
  #socket: WebSocket<Data> | undefined
  #waiting: { since: number; readonly resolve: (() => void)[] } | undefined

  constructor(
    socket: WebSocket<Data>,
    readonly address: string,
  ) {
    this.#socket = socket
  }

  send(frame: Uint8Array): boolean {
    return this.#socket === undefined || this.#socket.send(frame, true) !== 2
  }

  together(work: () => void): void {
    if (this.#socket) this.#socket.cork(work)
    else work()
  }

  follow(topic: string): void {
    this.#socket?.subscribe(topic)
  }

  unfollow(topic: string): void {
    this.#socket?.unsubscribe(topic)
  }

  buffered(): number {
    return this.#socket?.getBufferedAmount() ?? 0
  }

  drained(): Promise<void> | undefined {
    if (this.buffered() <= LOW_WATER) return undefined
    this.#waiting ??= { since: Date.now(), resolve: [] }
    const { resolve } = this.#waiting
    return new Promise((done) => resolve.push(done))
  }

  waitsSince(): number {
    return this.#waiting?.since ?? Number.POSITIVE_INFINITY
  }

  end(code: number, reason: string): void {
    const socket = this.#socket
    this.gone()
    socket?.end(code, reason)
  }

  cut(): void {
    const socket = this.#socket
    this.gone()
    socket?.close()
  }

  /** To be called when the reader has taken something. */
  wrote(): void {
    if (!this.#waiting) return
    if (this.buffered() <= LOW_WATER) this.#release()
    else this.#waiting.since = Date.now()
  }

  /** To be called when the socket is closed, whichever side did it. */
  gone(): void {
    this.#socket = undefined
    this.#release()
  }

  #release(): void {
    const waiting = this.#waiting
    this.#waiting = undefined
    if (!waiting) return
    // Not from within its drain handler: uWebSockets.js never writes what is sent there and does not go out at once.
    setImmediate(() => {
      for (const resolve of waiting.resolve) resolve()
    })
  }
}
